"""A request body -> good rows and named errors. No SQL, no HTTP.

Each event is checked on its own: one that is bad is named in `errors` and never rejects another.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import count
from operator import itemgetter
from typing import Any

import orjson

from service.ingest.json.error_isolation import InvalidJSON, parse_events
from service.ingest.json.event import MAX_DEPTH, read_event
from service.ingest.json.event_errors import EventErrors
from service.ingest.json.fast_path import NotFastPath, read_usual
from service.ingest.json.fields import BadEvent, optional_uuid
from service.ingest.json.numbers import has_long_number
from service.ingest.rows import EventRow

EXPIRED = BadEvent("run_id", "expired", "The run is older than what is kept, and was removed.")


class BadBatch(Exception):
    """A body that holds no batch at all: nothing of it is stored."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class BatchTooLarge(Exception):
    """More events than one batch may hold: nothing of it is stored."""

    def __init__(self, events: int, limit: int) -> None:
        super().__init__(f"The batch has {events} events; the limit is {limit}. Send it in parts.")
        self.limit = limit


@dataclass
class Batch(EventErrors):
    """The rows of one request, and what is wrong with the others.

    `rejected` has the index of each that was never a row.
    """

    rows: list[EventRow] = field(default_factory=list)
    rejected: list[int] = field(default_factory=list)

    def reject(self, index: int, event: Any, error: BadEvent) -> None:
        """Note one bad event."""
        self.rejected.append(index)
        self.note(index, error.event_id or shown_id(event), error)

    def reject_expired(self, run_ids: Collection[str]) -> None:
        """Take out the rows of runs that retention removed; the transaction left them out."""
        rejected = set(self.rejected)
        places = (index for index in count() if index not in rejected)
        for index, row in zip(places, self.rows, strict=False):
            if row.run_id in run_ids:
                self.note(index, row.event_id, EXPIRED)
        self.rows = [row for row in self.rows if row.run_id not in run_ids]
        self.errors.sort(key=itemgetter("index"))


def shown_id(event: Any) -> str | None:
    """The event's id for an error message, when it is one."""
    return optional_uuid(event, "event_id") if isinstance(event, dict) else None


def parse_batch(
    body: bytes, max_events: int, max_event_bytes: int, max_depth: int = MAX_DEPTH
) -> Batch:
    """Read the body of POST /events.

    Raises BadBatch when it is no batch, BatchTooLarge when it has more than `max_events`.
    """
    try:
        return Batch(rows=read_usual(body, max_events, max_event_bytes, max_depth))
    except NotFastPath:
        return parse_carefully(body, max_events, max_event_bytes, max_depth)


def parse_carefully(
    body: bytes, max_events: int, max_event_bytes: int, max_depth: int = MAX_DEPTH
) -> Batch:
    """As parse_batch; of each event that is bad it finds out why."""
    events = list(read_events(body))
    if not events:
        raise BadBatch("empty_batch", "`events` is empty; send at least one event.")
    if len(events) > max_events:
        raise BatchTooLarge(len(events), max_events)
    batch = Batch()
    ordinals: dict[str, int] = {}
    for index, event in enumerate(events):
        try:
            if isinstance(event, BadEvent):
                raise event
            batch.rows.append(read_event(event, max_event_bytes, max_depth, ordinals))
        except BadEvent as error:
            batch.reject(index, event, error)
    return batch


def read_events(body: bytes) -> Iterator[Any]:
    """Give each event as parsed, or a BadEvent in place of one that cannot be read."""
    if has_long_number(body):
        yield from read_leniently(body)
        return
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        yield from read_leniently(body)
        return
    if not isinstance(document, dict) or not isinstance(document.get("events"), list):
        raise BadBatch("invalid_batch", 'Send a JSON object such as {"events": [{…}]}.')
    yield from document["events"]


def read_leniently(body: bytes) -> Iterator[Any]:
    """Parse event by event, so that what one of them cannot be read for costs that one alone."""
    try:
        for event in parse_events(body):
            if event.problem is None:
                yield event.value
            else:
                code, message = event.problem
                yield BadEvent(None, code, message, shown_id(event.value))
    except InvalidJSON as error:
        raise BadBatch(error.code, str(error)) from None
