"""When the span of an event begins and ends, in nanoseconds since 1970."""

from datetime import UTC, datetime, timedelta
from typing import Any

from service.core.validation import is_number
from service.db.queries import Row
from service.ingest.rows import PLACE_BITS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NS_PER_US, NS_PER_MS, MS_PER_US = 1_000, 1_000_000, 0.001


def times_of(event: Row, end: Row | None, sent_ms: Any) -> tuple[int, int | None]:
    """The start and the end of an event, or of an agent with the event of its end.

    The end is None of what has not ended. `sent_ms` is the latency in `data`, with all its digits.
    """
    at, latency_ms = nanoseconds(event), event["latency_ms"]
    if end is not None:
        return at, max(at, nanoseconds(end))
    if latency_ms is None:
        return at, None
    if is_number(sent_ms) and abs(sent_ms - latency_ms) < MS_PER_US:
        latency_ms = sent_ms
    took = round(latency_ms * NS_PER_MS)
    return (at - took, at) if event["stamped_at_end"] else (at, at + took)


def nanoseconds(event: Row) -> int:
    """The timestamp of an event; that of a span has its nanoseconds in `tie`."""
    whole = (event["timestamp"] - EPOCH) // timedelta(microseconds=1) * NS_PER_US
    return int(whole + min(event["tie"] >> PLACE_BITS, NS_PER_US - 1))
