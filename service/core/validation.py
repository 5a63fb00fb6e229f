"""Validation of names, ids and numbers, from any source."""

import re
import uuid
from typing import Any, TypeGuard

MAX_NAME = 255
MAX_MODEL = 255
MAX_TOKENS = 2**40
MAX_COST_DOLLARS = 1e9

PLAIN_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
# The texts that are passed to uuid.UUID, which by itself also takes signs and underscores.
ANY_UUID = re.compile(
    r"(?:urn:uuid:)?\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?",
    re.IGNORECASE | re.ASCII,
).fullmatch
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]").search


def to_uuid(value: Any) -> str | None:
    """Lower-case hyphenated text, or None when `value` is no UUID."""
    if not isinstance(value, str):
        return None
    if PLAIN_UUID(value):
        return value
    return str(uuid.UUID(value)) if ANY_UUID(value) else None


def is_plain_name(value: str, limit: int) -> bool:
    """A fast check that nearly all valid names pass; name_problem decides about the others."""
    return value.isprintable() and 0 < len(value) <= limit


def name_problem(value: str, limit: int) -> tuple[str, str] | None:
    """Why `value` is no valid name, as (code, description); None if it is valid."""
    if is_plain_name(value, limit):
        return None  # the rest finds out what is wrong, or it is a name all the same
    if not value:
        return "empty", "is empty"
    if "\x00" in value:
        return "nul_character", "holds U+0000, which PostgreSQL cannot store"
    if len(value) > limit:
        return "too_long", f"has {len(value)} characters; the limit is {limit}"
    if CONTROL_CHARACTER(value):
        return "control_character", "holds a control character"
    return None


def tokens(value: Any) -> int | None:
    """A count of tokens, 0 to 2^40."""
    if is_number(value) and 0 <= value <= MAX_TOKENS and value == int(value):
        return int(value)
    return None


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether `value` is a number; bool is an int in Python, but no number here."""
    kind = type(value)  # as parsed, so exact; half the time of isinstance
    return kind is int or kind is float
