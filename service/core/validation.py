"""Validation of names, ids and numbers, from any source."""

import re
import uuid
from typing import Any, TypeGuard

MAX_NAME = 255
MAX_MODEL = 255
MAX_TOKENS = 2**40
MAX_COST_DOLLARS = 1e9

# A plain UUID with each digit as 0, and what makes it of one: other bytes become an x.
UUID_SHAPE = b"00000000-0000-0000-0000-000000000000"
SHAPES = bytes(
    ord("0") if byte in b"0123456789abcdef" else ord("-") if byte == ord("-") else ord("x")
    for byte in range(256)
)
# The texts that are passed to uuid.UUID, which by itself also takes signs and underscores.
ANY_UUID = re.compile(
    r"(?:urn:uuid:)?\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?",
    re.IGNORECASE | re.ASCII,
).fullmatch
NUMBER_TEXT = re.compile(
    r"\s*\+?(?=\.?[0-9])[0-9]{0,18}(?:\.[0-9]{0,30})?(?:[eE][+-]?[0-9]{1,2})?\s*", re.ASCII
).fullmatch
DOT_SEGMENTS = frozenset({".", ".."})  # clients leave them out of a path, also percent-encoded
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]+").sub
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]").search


def is_plain_uuid(value: str) -> bool:
    """Whether a text is a lower-case hyphenated UUID; a regex takes three times as long."""
    is_long_enough = len(value) == len(UUID_SHAPE)
    return is_long_enough and value.encode(errors="replace").translate(SHAPES) == UUID_SHAPE


def to_uuid(value: Any) -> str | None:
    """Lower-case hyphenated text, or None when `value` is no UUID."""
    if not isinstance(value, str):
        return None
    if is_plain_uuid(value):
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


def path_problem(value: str) -> tuple[str, str] | None:
    """Why no URL can have `value` in its path, as (code, description); None if one can."""
    if value in DOT_SEGMENTS:
        return "dot_segment", "is `.` or `..`, which clients leave out of the path of a URL"
    return None


def shortened(value: str, limit: int) -> str | None:
    """A text as a run's name: without control characters, and cut; None for nothing left."""
    if is_plain_name(value, limit):
        return None if path_problem(value) else value
    plain = CONTROL_CHARACTERS(" ", value).strip()
    if len(plain) > limit:
        plain = plain[: limit - 1].rstrip() + "…"
    return None if not plain or path_problem(plain) else plain


def tokens(value: Any) -> int | None:
    """A count of tokens, 0 to 2^40, also as text."""
    if value is None:
        return None
    number = value if is_number(value) else number_of(value)
    if number is not None and 0 <= number <= MAX_TOKENS and number == int(number):
        return int(number)
    return None


def including(whole: int | None, *subsets: int | None) -> int | None:
    """A count of tokens with those that are part of it.

    Parts that are together larger than the whole were counted beside it, and are added.
    """
    parts = sum(subset for subset in subsets if subset)
    if parts > (whole or 0):
        return min((whole or 0) + parts, MAX_TOKENS)
    return whole


def number_of(value: Any) -> int | float | None:
    """The number that a text is; None for anything else, and for NaN and infinities."""
    if isinstance(value, str) and NUMBER_TEXT(value):
        return int(value) if value.isdigit() else float(value)  # both pass over blanks and a plus
    return None


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether `value` is a number; bool is an int in Python, but no number here."""
    kind = type(value)  # as parsed, so exact; half the time of isinstance
    return kind is int or kind is float
