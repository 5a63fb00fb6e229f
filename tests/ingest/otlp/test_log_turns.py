"""Content of messages is written part by part, and not again for each message that comes."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import psycopg
import pytest

from service.config import Config
from service.db.client_turns import own_reads
from service.db.connections import connect
from service.db.database import Database
from service.db.database_settings import INGEST_CONNECTIONS, DatabaseSettings
from service.db.queries import Connection, queries
from service.db.roles.logins import Logins
from service.db.roles.names import given_urls
from service.db.session_settings import WRITE
from service.server import message_attacher
from service.server.message_attacher import MessageAttacher
from service.writer import span_messages
from service.writer.span_content import Key
from tests.client import Client
from tests.events import event, new_id
from tests.ingest.otlp.spans import new_span_id, new_trace, run_of, send, span
from tests.ingest.otlp.test_logs import CALL, attach_due, log, send_logs

LATER = """
    UPDATE span_messages
       SET created_at  = created_at  - %(gone)s::interval,
           attached_at = attached_at - %(gone)s::interval,
           due_at      = due_at      - %(gone)s::interval
"""
Ids = tuple[bytes, bytes]


@pytest.fixture
def call(client: Client) -> Ids:
    """A stored span, as a trace's id and its own."""
    trace, span_id = new_trace(), new_span_id()
    send(client, span(trace, span_id=span_id, attributes=CALL))
    return trace, span_id


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[list[Key]]:
    """The parts whose spans an attacher has tried to write."""
    tried: list[list[Key]] = []

    def attach(conn: Connection, spans: list[Key], *limits: int) -> int:
        tried.append(spans)
        return span_messages.attach(conn, spans, *limits)

    monkeypatch.setattr(message_attacher, "attach", attach)
    return tried


def say(client: Client, call: Ids, text: str, at: int = 1) -> None:
    """Send a message of a span."""
    send_logs(client, log(*call, "gen_ai.user.message", {"content": text}, time_unix_nano=at))


def said(client: Client, call: Ids) -> list[str]:
    """The messages that the span's event has."""
    start = client.ok(f"/api/runs/{run_of(call[0])}/timeline")["events"][0]
    return [message["content"] for message in start["data"].get("input", [])]


@contextmanager
def opened(database_url: str) -> Iterator[tuple[Database, Config]]:
    """The connections of a worker, and its settings."""
    config = Config.from_environment({"DATABASE_URL": database_url})
    database = Database(DatabaseSettings(database_url, 5, Logins(database_url, given_urls(config))))
    database.open()
    with closing(database):
        yield database, config


@contextmanager
def attaching(database_url: str) -> Iterator[MessageAttacher]:
    """What attaches messages in a worker, without its thread."""
    with opened(database_url) as (database, config):
        yield MessageAttacher(database, config)


@contextmanager
def holding(database_url: str, call: Ids) -> Iterator[None]:
    """Another transaction holds the run of a span."""
    with connect(database_url, WRITE, "other") as other:
        other.execute("SELECT FROM runs WHERE run_id = %s FOR UPDATE", [run_of(call[0])])
        yield


def test_a_span_is_written_once_a_minute_while_messages_come(
    client: Client, conn: Connection, call: Ids
) -> None:
    def after(gone: str) -> list[str]:
        conn.execute(LATER, {"gone": gone})
        attach_due(conn)
        return said(client, call)

    say(client, call, "one")
    assert after("3 minutes") == ["one"]
    for number in (2, 3):
        say(client, call, str(number), number)
        assert after("20 seconds") == ["one"]
    assert after("25 seconds") == ["one", "2", "3"]
    assert after("2 minutes") == ["one", "2", "3"]


def test_a_span_whose_messages_just_began_is_written_soon_again(
    client: Client, conn: Connection, call: Ids
) -> None:
    say(client, call, "one")
    conn.execute(LATER, {"gone": "2 seconds"})
    attach_due(conn)
    say(client, call, "two", 2)
    conn.execute(LATER, {"gone": "3 seconds"})
    attach_due(conn)
    assert said(client, call) == ["one", "two"]


def test_messages_stay_for_those_of_their_span_that_still_wait(
    client: Client, conn: Connection, call: Ids
) -> None:
    say(client, call, "one")
    attach_due(conn)
    conn.execute(LATER, {"gone": "6 minutes"})
    say(client, call, "two", 2)
    attach_due(conn)
    assert said(client, call) == ["one", "two"]
    conn.execute(LATER, {"gone": "6 minutes"})
    attach_due(conn)
    assert conn.execute("SELECT FROM span_messages").fetchall() == []


def test_what_another_process_works_on_is_not_waited_for(
    client: Client, conn: Connection, call: Ids, database_url: str
) -> None:
    say(client, call, "one")
    attach_due(conn)
    conn.execute(LATER, {"gone": "6 minutes"})
    with connect(database_url, WRITE, "other") as other:
        other.execute("UPDATE span_messages SET due_at = now()")
        attach_due(conn)
    assert conn.execute("SELECT FROM span_messages").fetchall() != []


def test_what_another_process_has_attached_is_not_written_again(
    client: Client, conn: Connection, call: Ids, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Any] = []
    monkeypatch.setattr(span_messages, "set_contents", lambda *given: written.append(given[-1]))
    say(client, call, "one")
    with conn.transaction():
        [part] = span_messages.take_due(conn)
    turns = [span_messages.attach(conn, part, 1_000, 10) for _ in range(2)]
    assert (turns, [bool(each) for each in written]) == ([1, 0], [True, False])


def test_a_part_that_cannot_be_written_holds_up_no_other_part(
    client: Client, conn: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span_messages, "BYTES_AT_A_TIME", 100)
    calls = [(new_trace(), new_span_id()) for _ in range(3)]
    for each in calls:
        send(client, span(each[0], span_id=each[1], attributes=CALL))
        say(client, each, "x" * 100)
    with (
        holding(database_url, calls[1]),
        attaching(database_url) as attacher,
        pytest.raises(psycopg.errors.LockNotAvailable),
    ):
        attacher.attach()
    assert [bool(said(client, each)) for each in calls] == [True, False, True]


@pytest.mark.parametrize("bytes_of_a_part", [100, 100_000])
def test_a_held_run_is_waited_for_once(
    client: Client,
    conn: Connection,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    tried: list[list[Key]],
    bytes_of_a_part: int,
) -> None:
    monkeypatch.setattr(span_messages, "BYTES_AT_A_TIME", bytes_of_a_part)
    held, free = new_trace(), new_trace()
    calls = [(trace, new_span_id()) for trace in (held, free) * 4]
    for each in calls:
        send(client, span(each[0], span_id=each[1], attributes=CALL))
        say(client, each, "x" * 100)
    with (
        holding(database_url, calls[0]),
        attaching(database_url) as attacher,
        pytest.raises(psycopg.errors.LockNotAvailable),
    ):
        attacher.attach()
    assert [bool(said(client, each)) for each in calls] == [False, True] * 4
    parts_of_free_run = 4 if bytes_of_a_part == 100 else 1
    assert len(tried) == 1 + parts_of_free_run


def test_a_locked_table_is_waited_for_once(
    client: Client, database_url: str, monkeypatch: pytest.MonkeyPatch, tried: list[list[Key]]
) -> None:
    monkeypatch.setattr(span_messages, "BYTES_AT_A_TIME", 100)
    for _ in range(3):
        say(client, (new_trace(), new_span_id()), "x" * 100)
    with connect(database_url, WRITE, "other") as other, attaching(database_url) as attacher:
        other.execute("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            attacher.attach()
    assert len(tried) == 1


def test_content_is_attached_while_clients_hold_all_connections_that_keep_messages(
    client: Client, call: Ids, database_url: str
) -> None:
    say(client, call, "one")
    with own_reads(), opened(database_url) as (database, config), ExitStack() as held:
        for _ in range(INGEST_CONNECTIONS):
            held.enter_context(database.keeping_messages())
        assert MessageAttacher(database, config).attach() == 1
    assert said(client, call) == ["one"]


def test_messages_without_spans_keep_no_other_client_s_waiting(
    client: Client, conn: Connection, call: Ids, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span_messages, "MESSAGES_AT_A_TIME", 4)
    for _ in range(5):
        say(client, (new_trace(), new_span_id()), "early")
    conn.execute("UPDATE span_messages SET client = 'another'")
    say(client, call, "late")
    attach_due(conn)
    assert said(client, call) == ["late"]


def test_a_part_is_of_few_spans_whose_events_may_be_large(client: Client, conn: Connection) -> None:
    """A small message has all data of its span's event written again: 100 of 1 MB took 13 s."""
    for _ in range(span_messages.SPANS_AT_A_TIME + 1):
        say(client, (new_trace(), new_span_id()), "small")
    with conn.transaction():
        parts = span_messages.take_due(conn)
    assert [len(part) for part in parts] == [span_messages.SPANS_AT_A_TIME, 1]


@pytest.mark.one_server("a plan of one node counts no block of another")
def test_data_are_read_once(client: Client, conn: Connection) -> None:
    """Of an event of 1 MB each of ten operators read and decompressed them again: 65 ms."""
    sent = event(new_id(), "llm_call", data={"input": os.urandom(400_000).hex()})
    client.send(sent)
    [run] = conn.execute("SELECT received_on FROM runs").fetchall()
    blocks = blocks_read(conn, "SELECT sum(length(data::text)) FROM events")
    params = {
        "received_ons": [str(run["received_on"])],
        "run_ids": [sent["run_id"]],
        "event_ids": [sent["event_id"]],
    }
    assert 100 < blocks_read(conn, queries.messages.events.text, params) < 1.5 * blocks


def blocks_read(
    conn: Connection, statement: str, params: dict[str, list[str]] | None = None
) -> int:
    """How many blocks a statement reads."""
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
    [found] = conn.execute(explain, params).fetchall()
    plan = found["QUERY PLAN"][0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
