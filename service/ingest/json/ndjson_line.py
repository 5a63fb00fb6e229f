"""One line of NDJSON -> the row of its event, as an event of a batch is read."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from service.ingest.json.data import is_plain
from service.ingest.json.event import read_event, read_sent
from service.ingest.json.fields import BadEvent
from service.ingest.rows import EventRow

MOST_TIE = 2**31 - 1  # of an integer in PostgreSQL


def read_line(line: bytes, max_bytes: int, max_depth: int, ordinals: dict[str, int]) -> EventRow:
    """The row of an event; raise BadEvent for what cannot be stored.

    `ordinals` counts equal events without an id, over the lines that are stored together.
    """
    try:
        line.decode()
    except UnicodeDecodeError:
        raise BadEvent(None, "invalid_json", "The line is not UTF-8.") from None
    row = read_event(read_sent(line), max_bytes, max_depth, ordinals, as_sent=is_plain(line))
    row.tie = read_tie(line)
    return row


class Placed(Struct):
    """The place of an exported event among those of one moment."""

    tie: Annotated[int, Meta(ge=0, le=MOST_TIE)] = 0


decode_placed = msgspec.json.Decoder(Placed).decode


def read_tie(line: bytes) -> int:
    """The place of the event among those of one moment; 0 where the line has none."""
    try:
        return decode_placed(line).tie
    except msgspec.MsgspecError:
        return 0
