"""What `data` says of an error, read again from the bytes that are stored: few events are errors.

Each field that msgspec looks for makes it slower for all events.
"""

from typing import Any

import msgspec
from msgspec import Raw, Struct

from service.ingest.error_fingerprint import fingerprint
from service.ingest.error_text import sentence
from service.ingest.json.data import Output


class Said(Struct, gc=False):
    """Where an error may be."""

    error: Any = None
    error_type: Any = None
    error_message: Any = None
    output: Output | str | bool | int | float | list[Raw] | None = None


decode_said = msgspec.json.Decoder(Said).decode


def said_in(data: bytes) -> str:
    """The sentence of the error of an event, by its data."""
    found = decode_said(data)
    output = found.output.error if isinstance(found.output, Output) else None
    return sentence(found.error, output, found.error_type, found.error_message)


def fingerprint_of(data: bytes, is_error: bool) -> int | None:
    """The fingerprint of the error of an event; None where it is none."""
    return fingerprint(said_in(data)) if is_error else None
