"""JSON to compare: as it is written, to the last digit, or as a client that has floats reads it."""

import json
from decimal import Context, Decimal
from typing import Any

MARK = "\x00"  # in no text that can be stored
EXACT = Context(prec=40_000, Emax=999_999, Emin=-999_999)


def exact(text: str | bytes) -> Any:
    """Parse JSON; numbers are equal when they are the same number, however it is written."""
    return json.loads(text, parse_float=digits, parse_int=digits)


def loose(text: str | bytes) -> Any:
    """Parse JSON; numbers are equal when they are the same float."""
    return json.loads(text, parse_float=as_float, parse_int=as_float)


def digits(text: str) -> str:
    """A number as a text that no other value has."""
    value = EXACT.create_decimal(text)
    return MARK + (str(EXACT.normalize(value)) if value else "0")


def as_float(text: str) -> str:
    """The float of a number, as a text that no other value has."""
    return MARK + repr(float(text) + 0.0)  # -0.0 + 0.0 is 0.0


def same_number(sent: str | None, read: Any) -> bool:
    """Whether a column's text and the number of an answer are the same float."""
    return sent is None if read is None else sent is not None and float(Decimal(sent)) == read
