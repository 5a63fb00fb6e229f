"""What an error says: its type and its text, whichever way it was sent.

The SDK sends `error` as {"type", "message"}, in `output` too, or `error_type` and `error_message`
beside a status. A span's error is one text, "Type: message". This is the one rule for the groups of
errors and for `first_error` of runs; the view in sql/schema/event_errors.sql says the same of
stored events, and a test compares them.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

MAX_TYPE, MAX_TEXT = 255, 500  # characters; a fingerprint reads no more
# Where an object has its type, and its text, which may be a number.
TYPES = ("type", "name", "code")
MESSAGES = ("message", "msg", "detail", "error", "text", "description", "reason")
BLANKS = " \t\n\r\f\v"
NOTHING = frozenset({"", "null", "none"})  # what printing a missing error gives
TRACEBACK = "Traceback (most recent call last)"  # its last line has the error
# The name of a class, with or without its module.
is_type = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*", re.ASCII).fullmatch


class ErrorText(NamedTuple):
    """The type of an error, its text, and both as one; each is empty where none was sent."""

    type: str
    text: str
    sentence: str  # "Type: message", of which the fingerprint is


def error_text(error: Any, error_of_output: Any, error_type: Any, message: Any) -> ErrorText:
    """What an error says.

    The parameters are the values of `error`, `output.error`, `error_type` and `error_message` in
    `data`. The first of them that says a type or a text decides it.
    """
    values = [item_of(error), item_of(error_of_output)]
    kinds = [value.get(key) for value in values if isinstance(value, dict) for key in TYPES]
    texts = [found for value in values for found in texts_of(value)]
    kind = first(map(text_of, [*kinds, error_type]))[:MAX_TYPE]
    text = last_line(first(map(scalar, [*texts, message])))[:MAX_TEXT]
    return ErrorText(*parts(kind, text), joined(kind, text))


def item_of(value: Any) -> Any:
    """The first item of a list; any other value itself."""
    return (value[0] if value else None) if isinstance(value, list) else value


def texts_of(value: Any) -> list[Any]:
    """The value, or in place of an object what it has where a text may be."""
    return [value.get(key) for key in MESSAGES] if isinstance(value, dict) else [value]


def first(texts: Iterable[str]) -> str:
    """The first text that is not empty; empty where all are."""
    return next(filter(None, texts), "")


def text_of(value: Any) -> str:
    """A text that says something; empty for any other value."""
    if not isinstance(value, str):
        return ""
    text = value.strip(BLANKS)
    return "" if len(text) <= len("null") and text.lower() in NOTHING else text


def scalar(value: Any) -> str:
    """As text_of, or a number as PostgreSQL prints it: with all digits, without an exponent."""
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        return format(value if value else value.copy_abs(), "f")
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else text_of(value)


def last_line(text: str) -> str:
    """The last line of a traceback; any other text itself."""
    return text[text.rfind("\n") + 1 :].lstrip(BLANKS) if text.startswith(TRACEBACK) else text


def parts(kind: str, text: str) -> tuple[str, str]:
    """The type, and the text without it; a text alone may begin with the name of a class."""
    if not kind:
        head, _, tail = text.partition(": ")
        return (head, tail) if len(head) <= MAX_TYPE and is_type(head) else ("", text)
    return kind, "" if text == kind else text.removeprefix(f"{kind}: ")


def joined(kind: str, text: str) -> str:
    """The type in front of the text, where it does not stand there already."""
    if kind and text and not text.startswith(kind):
        return f"{kind}: {text}"
    return text or kind
