"""What `data` says of an error, read again from the bytes that are stored: few events are errors.

Each field that msgspec looks for makes it slower for all events.
"""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct

from service.ingest.error_text import ErrorText, error_text
from service.ingest.json.data import Output


class Said(Struct, gc=False):
    """Where an error may be."""

    error: Any = None
    error_type: Any = None
    error_message: Any = None
    output: Output | str | bool | int | float | list[Raw] | None = None


# Decimal has the digits of a number as jsonb keeps them.
decode_said = msgspec.json.Decoder(Said, float_hook=Decimal).decode


def error_in(data: bytes) -> ErrorText:
    """What the error of an event says, by its data."""
    found = decode_said(data)
    output = found.output.error if isinstance(found.output, Output) else None
    return error_text(found.error, output, found.error_type, found.error_message)
