"""A body that asks for events by their keys -> the keys, and named errors. No SQL, no HTTP.

It has the shape of a batch, so a client may ask with the very body that it sent: whatever else an
event holds is passed over.
"""

from dataclasses import dataclass, field
from typing import Any, TypedDict

import msgspec

from service.ingest.json.batch import BadBatch, BatchTooLarge
from service.ingest.json.event_errors import EventErrors
from service.ingest.json.fields import (
    BadEvent,
    missing,
    optional_uuid,
    read_repeated_uuid,
    read_uuid,
)


class Body(msgspec.Struct, gc=False):
    """The body, its events not looked into."""

    events: list[msgspec.Raw]


class SentKey(TypedDict, total=False):
    """What is read of an event."""

    run_id: Any
    event_id: Any


@dataclass
class Keys(EventErrors):
    """Run and event of each good key, and its place in the request, beside one another."""

    run_ids: list[str] = field(default_factory=list)
    event_ids: list[str] = field(default_factory=list)
    indexes: list[int] = field(default_factory=list)

    def add(self, index: int, run_id: str, event_id: str) -> None:
        """Add a good key."""
        self.run_ids.append(run_id)
        self.event_ids.append(event_id)
        self.indexes.append(index)


decode_body = msgspec.json.Decoder(Body).decode
decode_key = msgspec.json.Decoder(SentKey).decode


def parse_keys(body: bytes, max_events: int) -> Keys:
    """Read the body of POST /events/check.

    Raises BadBatch when it holds no list of events, BatchTooLarge when that is longer than
    `max_events`.
    """
    sent = read_events(body)
    if not sent:
        raise BadBatch("empty_batch", "`events` is empty; send at least one event.")
    if len(sent) > max_events:
        raise BatchTooLarge(len(sent), max_events)
    keys = Keys()
    for index, event in enumerate(sent):
        read_key(keys, index, event)
    return keys


def read_events(body: bytes) -> list[msgspec.Raw]:
    """The events, not parsed; raise BadBatch for what is no list of them."""
    try:
        body.decode()  # msgspec does not look into what it passes over
        return decode_body(body).events
    except (msgspec.ValidationError, RecursionError):
        text = 'Send a JSON object such as {"events": [{"run_id": "…", "event_id": "…"}]}.'
        raise BadBatch("invalid_batch", text) from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BadBatch("invalid_json", "The body is not JSON.") from None


def read_key(keys: Keys, index: int, event: msgspec.Raw) -> None:
    """Add the key of an event, or note what is wrong with it."""
    found: dict[str, Any] = {}
    try:
        found = parse_key(event)
        run_id = read_repeated_uuid(found, "run_id") or missing("run_id")
        keys.add(index, run_id, read_uuid(found, "event_id") or missing("event_id"))
    except BadEvent as error:
        keys.note(index, optional_uuid(found, "event_id"), error)


def parse_key(event: msgspec.Raw) -> dict[str, Any]:
    """The two ids as they came; raise BadEvent for what is no object."""
    try:
        return dict(decode_key(event))
    except (msgspec.MsgspecError, RecursionError):
        raise BadEvent(None, "not_an_object", "An event is a JSON object.") from None
