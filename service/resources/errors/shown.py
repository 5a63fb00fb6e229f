"""Errors and their fingerprints as clients see them."""

import re

import falcon

from service.api.errors import ApiError
from service.db.queries import Row

HEX_DIGITS = 16
SIGN = 2**63  # PostgreSQL's integers have a sign
is_hex = re.compile(f"[0-9a-f]{{{HEX_DIGITS}}}").fullmatch


def shown_fingerprint(fingerprint: int) -> str:
    """A stored fingerprint as 16 hexadecimal digits: JavaScript has no integers of 64 bits."""
    return f"{fingerprint % (2 * SIGN):0{HEX_DIGITS}x}"


def stored_fingerprint(text: str) -> int:
    """A fingerprint as it is stored; raise ApiError 404 for what is none."""
    if not is_hex(text):
        description = f"A fingerprint is {HEX_DIGITS} hexadecimal digits, as /api/errors has it."
        raise ApiError(falcon.HTTP_404, "fingerprint_not_found", description)
    return (int(text, 16) + SIGN) % (2 * SIGN) - SIGN


def shown_error(row: Row) -> Row:
    """What an error says, and in which event it happened."""
    return {key: row[key] for key in ("type", "text", "event_type", "name")}


def shown_place(row: Row) -> Row:
    """The event and the run of an error."""
    return {key: row[key] for key in ("event_id", "run_id", "run_name", "agent_name")}
