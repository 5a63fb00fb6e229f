"""Numbers in `data`: which are read into columns, and which PostgreSQL cannot store."""

import json
import math
import re
from typing import Any

import orjson

from service.core.validation import MAX_COST_DOLLARS, is_number, number_of

MAX_LATENCY_MS = 1e12
# Numbers are searched for where every digit is a 0, and E, + and - are an e: 1 µs per KB, a regex
# takes 25. Floats end at 1e308, jsonb's numbers at 16,383 decimal places; orjson reads integers of
# 2^64 and more as floats. `[` is a `{` because data.py counts brackets.
SHAPES = bytes.maketrans(b"123456789E+-[", b"000000000eee{")
TWENTY_DIGITS = b"0" * 20
EXPONENT, DIGITS = b"e000", b"0" * 40  # of 300 the search takes longer
LONG_EXPONENT, MANY_DIGITS, PLACES = b"e0000", b"0" * 1000, 16_383
is_exponent = re.compile(rb"[0-9][eE][+-]?[0-9]{4}").search
# Where `-` is no e, as in claude-sonnet-4-20250514, and the two shapes of a number's exponent.
EXACT_SHAPES = bytes.maketrans(b"123456789E-", b"000000000e+")
EXPONENTS = (b"0e000", b"0e+000")
OF_NUMBERS, BEFORE_NUMBERS = b"0123456789.-", b":,[ \t\n\r"
MOST_LOOKED_AT = 20  # hexadecimal ids have such shapes; more of them are as good as a number


def cost(value: Any) -> str | None:
    """US dollars, 0 to 1e9, as the decimal text that was sent: numeric keeps it exactly."""
    if value is None:
        return None
    if is_number(value):
        written = repr(value)
    else:
        value, written = number_of(value), str(value).strip()
    if value is not None and 0 <= value <= MAX_COST_DOLLARS:
        return written if value else "0"
    return None


def latency_us(value: Any) -> int | None:
    """Microseconds from milliseconds, 0 to 1e12 ms, also as text."""
    if value is None:
        return None
    number = value if is_number(value) else number_of(value)
    if number is not None and 0 <= number <= MAX_LATENCY_MS:
        return round(number * 1000)
    return None


def loads(text: bytes) -> Any:
    """Parse JSON with integers of any length; raise ValueError for a number that is no float."""
    if TWENTY_DIGITS in text.translate(SHAPES):
        return json.loads(text, parse_float=finite)
    return orjson.loads(text)


def finite(text: str) -> float:
    """A float; raises ValueError for a number beyond 1e308."""
    value = float(text)
    if math.isinf(value):
        raise ValueError(text)
    return value


def dumps(value: dict[str, Any]) -> bytes:
    """Compact JSON; integers of 2^64 and more, which orjson refuses, keep their digits."""
    try:
        return b"%b" % orjson.dumps(value)  # orjson's own bytes hold up to ten times their size
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def is_storable(text: bytes, shapes: bytes) -> bool:
    """Whether jsonb takes JSON as it came; raise ValueError for a number that no float holds."""
    if DIGITS in shapes or (EXPONENT in shapes and may_have_exponent(text)):
        loads(text)
        is_long = len(text) > PLACES and MANY_DIGITS in shapes
        return not is_long and not (LONG_EXPONENT in shapes and is_exponent(text))
    return True


def may_have_exponent(text: bytes) -> bool:
    """Whether a number, or words like one, has an exponent of three digits or more.

    Ids, dates and names of models are told apart by what comes before their digits. Parsing all of
    a text and searching it for exponents took 22 µs per KB.
    """
    shapes = text.translate(EXACT_SHAPES)
    for exponent in EXPONENTS:
        at = shapes.find(exponent)
        for _ in range(MOST_LOOKED_AT):
            if at < 0:
                break
            # More digits are found as DIGITS.
            before = text[max(0, at - len(DIGITS)) : at + 1].rstrip(OF_NUMBERS)[-1:]
            if before in BEFORE_NUMBERS:  # also at the start of what is looked at
                return True
            at = shapes.find(exponent, at + 1)
        else:
            return True
    return False
