"""What the messages of a span are as the content of its events."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from service.db.queries import Row
from service.ingest.json.data_repair import repaired
from service.ingest.otlp.event_types import AGENT
from service.ingest.otlp.span import end_of
from service.ingest.repairs import Repairs

SMALLEST_CONTENT = 1_024  # bytes, of an event that is nearly as large as an event may be
ROOM_FOR_MARKS = 200
SOURCE = "/v1/logs"  # in `otel.taken`, where an attribute's name stands otherwise
SIDES = INPUT, OUTPUT = "input", "output"

Key = tuple[str, str]  # run_id, event_id


@dataclass
class Span:
    """The messages of one span, in their order."""

    digests: list[str] = field(default_factory=list)
    parts: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    wholes: dict[str, Any] = field(default_factory=dict)
    was_attached: bool = False  # some have become content before, and so all that had are here
    is_waiting: bool = False  # some have not

    def add(self, row: Row) -> None:
        """Add the next message."""
        self.digests.append(str(row["digest"]))
        self.was_attached |= row["was_attached"]
        self.is_waiting |= not row["was_attached"]
        for side in SIDES:
            if row[side] is None:
                continue
            if row["is_whole"]:
                self.wholes.setdefault(side, row[side])
            else:
                self.parts[side].append(row[side])

    def content(self, sides: Iterable[str]) -> dict[str, Any]:
        """The content of these sides: the whole of it if one record had that, else the messages."""
        found = {**self.parts, **self.wholes}
        return {side: found[side] for side in sides if side in found}


def contents_of(
    span: Span, key: Key, events: dict[Key, Row], max_bytes: int, max_depth: int
) -> Iterator[tuple[Key, tuple[bytes, dict[str, str]]]]:
    """The content of each event of a span that says none itself, and where it was taken from."""
    start, end = both_events(key)
    is_agent = events[start]["event_type"] == AGENT
    sides = {start: (INPUT,), end: (OUTPUT,)} if is_agent else {start: (INPUT, OUTPUT)}
    for event_key, of_event in sides.items():
        event = events[event_key]
        found = span.content(side for side in of_event if takes(event, side, span))
        if found and event["bytes"] is not None:  # else no event of OTLP: its type is another one
            room = max(max_bytes - event["bytes"] - ROOM_FOR_MARKS, SMALLEST_CONTENT)
            encoded = orjson.dumps(found)
            if len(encoded) > room:
                encoded = orjson.dumps({side: within(said, room) for side, said in found.items()})
                encoded = repaired(encoded, room, max_depth, Repairs())
            yield event_key, (encoded, dict.fromkeys(found, SOURCE))


def takes(event: Row, side: str, span: Span) -> bool:
    """Whether messages become this side of an event: where it says none itself.

    What messages said that are gone by now is kept: those that come so late are too few.
    """
    return not event[f"has_{side}"] and (span.was_attached or not event[f"is_{side}_of_logs"])


def within(said: Any, room: int) -> Any:
    """The first messages of a list, as many as have room when their long texts are cut."""
    if not isinstance(said, list):
        return said
    kept: list[Any] = []
    left = room
    for message in said:
        left -= min(len(orjson.dumps(message)), room // 4)  # data_repair cuts texts to a quarter
        if left < 0:
            return [*kept, "… [more messages cut]"]
        kept.append(message)
    return kept


def both_events(key: Key) -> tuple[Key, Key]:
    """The events that may stand for a span: its own, and the end of an agent."""
    run_id, event_id = key
    return key, (run_id, end_of(event_id))
