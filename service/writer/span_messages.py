"""Messages of log records become the content of their spans' events, whichever comes first.

They wait in a table of their own, so that storing spans looks for nothing. An event gets all
messages of its span, in the order in which they were sent, while its run is held: what it holds in
the end does not depend on the order of requests. What a span says of itself stays as it is, and no
figure changes.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TypeVar

import orjson

from service.db.queries import Connection, Row, queries
from service.ingest.otlp.event_types import AGENT
from service.ingest.otlp.log_messages import SpanMessage
from service.writer.message_room import MessageRoom
from service.writer.span_content import Key, Span, both_events, contents_of

MESSAGES_AT_A_TIME = 1_000
BYTES_AT_A_TIME = 4 * 1024 * 1024  # of messages to be added, or to become content
SPANS_AT_A_TIME = 32  # whose events are read and written again: 2 s where they have 1 MB each
READ_TIMES = 4  # of what an event may hold: the content of a span that is read and then cut

Contents = dict[Key, tuple[bytes, dict[str, str]]]
Item = TypeVar("Item")


def keep(conn: Connection, messages: list[SpanMessage], client: str, room: MessageRoom) -> None:
    """Keep messages until their spans have them. Raises NoRoom, and keeps nothing, without room."""
    room.take(conn, messages, client)
    for part in in_parts(messages, lambda message: len(message.content)):
        add(conn, part, client)


def in_parts(items: Iterable[Item], size_of: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Items in parts of some bytes: what a statement brings is in memory several times."""
    part: list[Item] = []
    size = 0
    for item in items:
        if part and size + size_of(item) > BYTES_AT_A_TIME:
            yield part
            part, size = [], 0
        part.append(item)
        size += size_of(item)
    if part:
        yield part


def add(conn: Connection, messages: list[SpanMessage], client: str) -> None:
    """Add messages to those of a client that wait."""
    queries.messages.add(
        conn,
        run_ids=[message.run_id for message in messages],
        event_ids=[message.event_id for message in messages],
        digests=[message.digest for message in messages],
        sent_ns=[str(message.sent_ns) for message in messages],
        places=[str(message.place) for message in messages],
        wholes=[str(message.is_whole) for message in messages],
        contents=[message.content.decode() for message in messages],
        client=client,
    )


def take_due(conn: Connection) -> list[list[Key]]:
    """Delete what nobody waits for; the spans of messages that are due, in small parts.

    A transaction of its own, so that messages which cannot be attached let others have their turn:
    all are due again later. Those of a span that rests are due when it may be written again.
    """
    queries.messages.expire(conn)
    due = queries.messages.take(conn, row_limit=MESSAGES_AT_A_TIME).fetchall()
    if not due:
        return []
    keys = dict.fromkeys(map(key_of, due))
    spans = {key_of(row): row for row in queries.messages.sizes(conn, **columns(keys))}
    rests = {
        key: row["rests_until"] and row["rests_until"].isoformat() for key, row in spans.items()
    }
    queries.messages.postpone(
        conn,
        **messages_of([(key_of(row), str(row["digest"])) for row in due]),
        rest_untils=[rests[key_of(row)] for row in due],
    )
    ready = [key for key in keys if rests[key] is None]
    least = BYTES_AT_A_TIME // SPANS_AT_A_TIME
    return list(in_parts(ready, lambda key: max(least, spans[key]["bytes"])))


def attach(conn: Connection, keys: list[Key], max_bytes: int, max_depth: int) -> int:
    """Set the content of the events of these spans; return for how many, of those stored by now."""
    run_ids = list(dict.fromkeys(run_id for run_id, _ in keys))
    held = queries.runs.hold(conn, run_ids=run_ids, longest=0).fetchall()
    days = {str(row["run_id"]): str(row["received_on"]) for row in held}
    events = find_events(conn, days, [key for key in keys if key[0] in days])
    ended = [key for key in keys if has_ended(events, key)]
    spans = find_spans(conn, ended, READ_TIMES * max_bytes)
    waiting = [key for key in ended if spans[key].is_waiting]  # else another process was faster
    changes = {
        event_key: content
        for key in waiting
        for event_key, content in contents_of(spans[key], key, events, max_bytes, max_depth)
    }
    set_contents(conn, days, changes)
    read = [(key, digest) for key in waiting for digest in spans[key].digests]
    queries.messages.note_attached(conn, **messages_of(read))
    return len(waiting)


def set_contents(conn: Connection, days: dict[str, str], changes: Contents) -> None:
    """Set the content of events, and where it was taken from."""
    if changes:
        queries.messages.attach(
            conn,
            received_ons=[days[run_id] for run_id, _ in changes],
            **columns(changes),
            contents=[content.decode() for content, _ in changes.values()],
            taken=[orjson.dumps(taken).decode() for _, taken in changes.values()],
        )


def find_events(conn: Connection, days: dict[str, str], keys: list[Key]) -> dict[Key, Row]:
    """The events of spans that are stored: one for each, or an agent's start and end."""
    asked = list(chain.from_iterable(both_events(key) for key in keys))
    rows = queries.messages.events(
        conn, received_ons=[days[run_id] for run_id, _ in asked], **columns(asked)
    )
    return {key_of(row): row for row in rows}


def find_spans(conn: Connection, keys: list[Key], max_bytes: int) -> dict[Key, Span]:
    """All messages of these spans, with up to `max_bytes` of content and one message more."""
    spans: dict[Key, Span] = {key: Span() for key in keys}
    for row in queries.messages.of_spans(conn, **columns(keys), most_bytes=max_bytes):
        spans[key_of(row)].add(row)
    return spans


def has_ended(events: dict[Key, Row], key: Key) -> bool:
    """Whether the span is stored as it ended: an open one is replaced by its ended version."""
    start, end = both_events(key)
    if start not in events:
        return False
    return end in events if events[start]["event_type"] == AGENT else events[start]["has_ended"]


def columns(keys: Iterable[Key]) -> dict[str, list[str]]:
    """Keys as the arrays that queries take."""
    found = list(keys)
    return {"run_ids": [run_id for run_id, _ in found], "event_ids": [key for _, key in found]}


def messages_of(messages: list[tuple[Key, str]]) -> dict[str, list[str]]:
    """Messages, each of a span and with its digest, as the arrays that queries take."""
    return {
        **columns(key for key, _ in messages),
        "digests": [digest for _, digest in messages],
    }


def key_of(row: Row) -> Key:
    """The span or event that a row is of."""
    return str(row["run_id"]), str(row["event_id"])
