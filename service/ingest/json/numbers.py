"""The numbers read out of `data`, with their limits; whatever no run can have counts as absent."""

import json
import re
from typing import Any

import orjson

from service.core.validation import MAX_COST_DOLLARS, is_number

MAX_LATENCY_MS = 1e12
# Twenty digits in a row are looked for where every digit is a 0: 1 µs per KB, a regex takes 25.
DIGITS_AS_ZERO = bytes.maketrans(b"123456789", b"000000000")
TWENTY_DIGITS = b"0" * 20
# jsonb's numbers end at 16,383 places behind the point; what a parser of floats takes for 0 may
# have more. Looked for where every digit is a 0, and E, + and - are an e: 1 µs per KB.
SHAPES = bytes.maketrans(b"123456789E+-", b"000000000eee")
LONG_EXPONENT, THOUSAND_DIGITS, PLACES = b"e0000", b"0" * 1000, 16_383
is_exponent = re.compile(rb"[0-9][eE][+-]?[0-9]{4}").search


def cost(value: Any) -> str | None:
    """US dollars, 0 to 1e9, as the decimal text that was sent: numeric keeps it exactly."""
    if is_number(value) and 0 <= value <= MAX_COST_DOLLARS:
        return repr(value) if value else "0"
    return None


def latency_us(value: Any) -> int | None:
    """Microseconds from milliseconds, 0 to 1e12 ms."""
    if is_number(value) and 0 <= value <= MAX_LATENCY_MS:
        return round(value * 1000)
    return None


def dumps(value: dict[str, Any]) -> bytes:
    """Compact JSON; whole numbers of 2^64 and more, which orjson refuses, keep their digits."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def has_long_number(text: bytes) -> bool:
    """Whether JSON may hold a whole number of 2^64 or more, which orjson turns into a float."""
    return TWENTY_DIGITS in text.translate(DIGITS_AS_ZERO)


def has_huge_number(text: bytes) -> bool:
    """Whether JSON may hold a number with more places than jsonb stores."""
    shapes = text.translate(SHAPES)
    if LONG_EXPONENT in shapes and is_exponent(text):
        return True
    return len(text) > PLACES and THOUSAND_DIGITS in shapes
