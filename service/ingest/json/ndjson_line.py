"""One line of NDJSON -> the row of its event, as an event of a batch is read."""

from service.ingest.json.data import is_plain
from service.ingest.json.event import read_event, read_sent
from service.ingest.json.fields import BadEvent
from service.ingest.rows import EventRow


def read_line(line: bytes, max_bytes: int, max_depth: int, ordinals: dict[str, int]) -> EventRow:
    """The row of an event; raise BadEvent for what cannot be stored.

    `ordinals` counts equal events without an id, over the lines that are stored together.
    """
    try:
        line.decode()
    except UnicodeDecodeError:
        raise BadEvent(None, "invalid_json", "The line is not UTF-8.") from None
    return read_event(read_sent(line), max_bytes, max_depth, ordinals, as_sent=is_plain(line))
