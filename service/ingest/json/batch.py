"""The body of POST /events -> rows, and an error for each bad event, which rejects no other."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import count
from operator import itemgetter

import msgspec
from msgspec import Struct

from service.core.cooperative import Pacer
from service.core.validation import to_uuid
from service.ingest.elements import Element, cut, is_sparse
from service.ingest.json.data import is_plain
from service.ingest.json.event import MAX_DEPTH, SentEvent, read_event, read_sent
from service.ingest.json.event_errors import EventErrors
from service.ingest.json.fields import BadEvent
from service.ingest.long_numbers import NUMBERS_AS_TEXT, REPAIRED, shorten
from service.ingest.repairs import Repairs, note_text
from service.ingest.row_bytes import RowBytes
from service.ingest.rows import EventRow
from service.ingest.text_repair import as_utf8

Events = Sequence[SentEvent | Element]
LONG_NUMBERS = BadEvent("data", NUMBERS_AS_TEXT, REPAIRED)
EXPIRED = BadEvent("run_id", "expired", "The run is older than what is kept, and was removed.")


class BadBatch(Exception):
    """A body that holds no batch at all: nothing of it is stored."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class BatchTooLarge(Exception):
    """More events than one batch may hold: nothing of it is stored."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The batch has more than {limit} events. Send it in parts.")
        self.limit = limit


@dataclass
class Batch(EventErrors):
    """The rows of one request, and the errors of its other events.

    `rejected` has the index of each event that never was a row.
    """

    rows: list[EventRow] = field(default_factory=list)
    rejected: list[int] = field(default_factory=list)

    def reject(self, index: int, error: BadEvent, event: SentEvent | None) -> None:
        """Note one bad event; None where it could not be read."""
        self.rejected.append(index)
        self.note(index, to_uuid(event.event_id) if event else error.event_id, error)

    def reject_expired(self, run_ids: Collection[str]) -> None:
        """Remove the rows of runs that retention removed; the transaction left them out."""
        rejected = set(self.rejected)
        indexes = (index for index in count() if index not in rejected)
        for index, row in zip(indexes, self.rows, strict=False):
            if row.run_id in run_ids:
                self.note(index, row.event_id, EXPIRED)
        self.rows = [row for row in self.rows if row.run_id not in run_ids]
        self.errors.sort(key=itemgetter("index"))


class Body(Struct, gc=False):
    """The body of a request in which every event can be read."""

    events: list[SentEvent]


decode_body = msgspec.json.Decoder(Body).decode


def parse_batch(
    body: bytes, max_events: int, max_event_bytes: int, max_depth: int = MAX_DEPTH
) -> Batch:
    """Read the body of POST /events.

    Raises BadBatch when it is no batch, BatchTooLarge when it has more than `max_events`,
    RowsTooLarge.
    """
    batch, row_bytes, pacer = Batch(), RowBytes(len(body), max_event_bytes), Pacer()
    ordinals: dict[str, int] = {}
    as_sent, repairs = is_plain(body), Repairs()
    body, mark = utf8_of(body)
    for index, sent in enumerate(read_events(body, max_events, max_event_bytes)):
        pacer.pause()
        event = None
        try:
            event = sent if isinstance(sent, SentEvent) else read_sent(sent, repairs)
            row = read_event(
                event, max_event_bytes, max_depth, ordinals, as_sent=as_sent, repairs=repairs
            )
            if mark and mark in row.data:
                note_text(repairs, None)
            if shorten(row, max_event_bytes):
                repairs.add(LONG_NUMBERS, REPAIRED)
            if repairs:
                batch.warn_of(index, row.event_id, repairs)
            row_bytes.add(row)
            row.tie = index
            batch.rows.append(row)
        except BadEvent as error:
            repairs.take()
            batch.reject(index, error, event)
    row_bytes.add_names(batch.rows)
    return batch


def utf8_of(body: bytes) -> tuple[bytes, bytes]:
    """The body as UTF-8, and what stands for bytes that were not; empty without any."""
    try:
        if not body.isascii():
            body.decode()  # msgspec does not check the UTF-8 of fields that it skips
    except UnicodeDecodeError:
        return as_utf8(body)
    return body, b""


def read_events(body: bytes, max_events: int, max_event_bytes: int) -> Events:
    """The events of a body in UTF-8, read in one pass, or else each to be read by `read_sent`.

    Raises BadBatch, BatchTooLarge.
    """
    try:
        events: Events | None = (
            read_whole(body, max_event_bytes) or cut(body, "events", max_events + 1).elements
        )
    except msgspec.ValidationError:
        events = None
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadBatch("invalid_json", f"The body is not JSON: {error}.") from None
    if events is None:
        raise BadBatch("invalid_batch", 'Send a JSON object such as {"events": [{…}]}.')
    if not events:
        raise BadBatch("empty_batch", "`events` is empty; send at least one event.")
    if len(events) > max_events:
        raise BatchTooLarge(max_events)
    return events


def read_whole(body: bytes, max_event_bytes: int) -> list[SentEvent] | None:
    """All events in one pass, as nearly always; None where they have to be read one by one."""
    try:
        return decode_body(body).events if is_sparse(body, max_event_bytes) else None
    except (msgspec.MsgspecError, RecursionError):
        return None
