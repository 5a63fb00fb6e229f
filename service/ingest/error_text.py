"""What an error says: its type and its text, whichever way it was sent.

The SDK sends `error` as {"type", "message"}, in `output` too, or `error_type` and `error_message`
beside a status. A span's error is one text, "Type: message". The view in
sql/schema/error_texts.sql says the same of stored events; a test compares them.
"""

import re
from typing import Any, NamedTuple

MAX_TEXT, MAX_TYPE = 2_000, 255  # characters that are read
# Where an object has its type, and its text, which may be a number.
TYPES = ("type", "name", "code")
MESSAGES = ("message", "msg", "detail", "error", "text", "description", "reason")
BLANKS = " \t\n\r\f\v"
NOTHING = frozenset({"", "null", "none"})  # what printing a missing error gives
TRACEBACK = "Traceback (most recent call last)"  # its last line has the error
# The name of a class, with or without its module.
is_type = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*", re.ASCII).fullmatch


class ErrorText(NamedTuple):
    """The type of an error and its text; each is empty where none was sent."""

    type: str
    text: str


def error_text(said: str) -> ErrorText:
    """The type and the text of an error as `sentence` gives it."""
    head, separator, tail = said.partition(": ")
    if len(head) <= MAX_TYPE and is_type(head):
        return ErrorText(head, tail) if separator else ErrorText(said, "")
    return ErrorText("", said)


def sentence(error: Any, error_of_output: Any, error_type: Any, message: Any) -> str:
    """An error as one text, "Type: message"; empty without any.

    The parameters are the values of `error`, `output.error`, `error_type` and `error_message` in
    `data`. The first of them that says a type or a text decides it.
    """
    values = [item_of(error), item_of(error_of_output)]
    kinds = [*(value.get(key) for value in values if isinstance(value, dict) for key in TYPES)]
    texts = [found for value in values for found in texts_of(value)]
    kind = next((found for value in [*kinds, error_type] if (found := text_of(value))), "")
    return joined(
        kind, next((found for value in [*texts, message] if (found := scalar(value))), "")
    )


def item_of(value: Any) -> Any:
    """The first item of a list; any other value itself."""
    return (value[0] if value else None) if isinstance(value, list) else value


def texts_of(value: Any) -> list[Any]:
    """The value, or in place of an object what it has where a text may be."""
    return [value.get(key) for key in MESSAGES] if isinstance(value, dict) else [value]


def text_of(value: Any) -> str:
    """A text that says something; empty for any other value."""
    if not isinstance(value, str):
        return ""
    text = value.strip(BLANKS)
    return "" if len(text) <= len("null") and text.lower() in NOTHING else text


def scalar(value: Any) -> str:
    """As text_of, or a number as text."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else text_of(value)


def joined(kind: str, text: str) -> str:
    """The type in front of the text, where it does not stand there already."""
    if text.startswith(TRACEBACK):
        text = text[text.rfind("\n") + 1 :].lstrip(BLANKS)
    kind, text = kind[:MAX_TYPE], text[:MAX_TEXT]
    if kind and text and not text.startswith(kind):
        return f"{kind}: {text}"
    return text or kind
