"""The room for messages of log records: counted seldom, and refused without the database."""

from unittest.mock import Mock

import pytest

from service.db.queries import Connection, queries
from service.ingest.otlp.log_messages import SpanMessage
from service.writer import message_room
from service.writer.message_room import FRESH_SECONDS, PARTS, MessageRoom, NoRoom
from service.writer.span_messages import keep
from tests.events import new_id


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """How often the table was read to count the messages; there is room for 64."""
    monkeypatch.setattr(message_room, "MAX_MESSAGES", 4 * PARTS)
    counts = Mock(wraps=queries.messages.waiting)
    monkeypatch.setattr(queries.messages, "waiting", counts)
    return counts


def made(count: int) -> list[SpanMessage]:
    """Messages of a span that never comes."""
    run_id, event_id = new_id(), new_id()
    return [SpanMessage(run_id, event_id, new_id(), 1, n, False, b"{}") for n in range(count)]


def room_at(now: list[float]) -> MessageRoom:
    """A worker's room, whose clock shows what the list holds."""
    return MessageRoom(lambda: now[0])


def test_a_client_without_room_is_refused_without_the_database(
    conn: Connection, counts: Mock
) -> None:
    now = [0.0]
    room = room_at(now)
    keep(conn, made(32), "one", room)
    with pytest.raises(NoRoom, match="of 32 messages"):
        keep(conn, made(1), "one", room)
    assert counts.call_count == 2
    for _ in range(3):
        with pytest.raises(NoRoom, match="of 32 messages"):
            room.check(made(1), "one")
    room.check(made(1), "other")
    assert counts.call_count == 2
    conn.execute("DELETE FROM span_messages")
    now[0] = FRESH_SECONDS
    room.check(made(1), "one")
    keep(conn, made(1), "one", room)
    assert counts.call_count == 3


def test_small_requests_are_added_up_without_a_count_for_each(
    conn: Connection, counts: Mock
) -> None:
    room = room_at([0.0])
    for _ in range(4):
        keep(conn, made(1), "one", room)
    assert counts.call_count == 1


def test_what_other_workers_keep_is_counted_once_much_was_given_away(
    conn: Connection, counts: Mock
) -> None:
    here, there = room_at([0.0]), room_at([0.0])
    keep(conn, made(1), "one", here)
    keep(conn, made(31), "one", there)
    keep(conn, made(4), "one", here)
    with pytest.raises(NoRoom):
        keep(conn, made(1), "one", here)
    assert counts.call_count == 3
