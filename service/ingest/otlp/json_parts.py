"""A message of OTLP/JSON that was cut out of its body: checked, decoded, repaired if need be."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import msgspec

from service.ingest.elements import Element, has_more_values, unreadable
from service.ingest.json.fields import BadEvent
from service.ingest.nesting import outside_strings
from service.ingest.otlp.json_lenient import rewritten
from service.ingest.otlp.json_messages import SpanLists
from service.ingest.repairs import Repairs
from service.ingest.text_repair import repaired

T = TypeVar("T")
MAX_TOKENS = 100_000  # commas and brackets of a span's attributes, events or links: 30 ms to read
SNAKE_CASE = b'_value"'  # a value's key that the fast decoder would pass over

decode_lists = msgspec.json.Decoder(SpanLists | None).decode


def decode_part(
    sent: Element, decode: Callable[[Element], T], max_bytes: int, repairs: Repairs
) -> T:
    """A message that was cut out, repaired where it has to be.

    Raises ValidationError, or BadEvent where it cannot be read.
    """
    try:
        if len(sent) > MAX_TOKENS:
            check_values(sent, max_bytes)
        if SNAKE_CASE not in bytes(sent):
            return decode(sent)
    except (msgspec.MsgspecError, RecursionError):
        pass
    text = b""
    try:
        text = repaired(sent, repairs)
        if SNAKE_CASE not in text:
            with suppress(msgspec.ValidationError):
                return decode(text)
    except (msgspec.MsgspecError, ValueError):
        del text  # as large as what is read again
        raise unreadable(sent, "span") from None
    return decode_mended(text, decode, repairs)


def decode_mended(text: bytes, decode: Callable[[Element], T], repairs: Repairs) -> T:
    """A message of which a field is not of its type. Raises as decode_part does."""
    try:
        return decode(rewritten(text, repairs))
    except msgspec.ValidationError:
        raise
    except (msgspec.MsgspecError, ValueError, TypeError, ArithmeticError):
        raise unreadable(text, "span") from None


def check_values(sent: Element, max_bytes: int) -> None:
    """Raise BadEvent for a message with very many values, before they are made."""
    lists = decode_lists(sent)
    for values in (lists.attributes, lists.events, lists.links, lists.body) if lists else ():
        if has_more_values(values, max_bytes):
            text = f"The span has {len(values)} bytes; the limit is {max_bytes}."
            raise BadEvent(None, "event_too_large", text)
        if has_more_values(values, MAX_TOKENS) and has_more_values(
            outside_strings(bytes(values)), MAX_TOKENS
        ):
            raise BadEvent("attributes", "too_many_values", "The span holds too many values.")
