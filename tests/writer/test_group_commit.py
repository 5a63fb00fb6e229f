"""The writer's queue: one request cannot hurt another, and a full queue says so at once."""

import json
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from falcon import testing

from service.core.clock import today
from service.core.overloaded import Overloaded
from service.db.connections import connect
from service.db.queries import Connection
from service.db.session_settings import WRITE
from service.ingest.json.batch import parse_batch
from service.ingest.rows import EventRow
from service.writer import group_commit
from service.writer.group_commit import GroupCommitWriter
from tests.client import Client
from tests.events import Event, differences, event, new_id
from tests.processes.harness import until


def test_a_run_that_somebody_locks_holds_up_its_own_requests_alone(
    client: Client, conn: Connection, database_url: str
) -> None:
    stuck = new_id()
    client.send(event(stuck))
    with connect(database_url, WRITE, "test") as other, ThreadPoolExecutor(12) as pool:
        other.execute("SELECT FROM runs WHERE run_id = %s FOR UPDATE", [stuck])
        runs = [stuck, *[new_id() for _ in range(10)]]
        answers = list(pool.map(lambda run: client.send(event(run)).status_code, runs))
        assert answers == [503] + [200] * 10
        other.rollback()
    assert client.send(event(stuck)).status_code == 200
    assert differences(conn) == []


def test_a_locked_table_refuses_everybody_and_is_over_when_it_is_over(
    client: Client, database_url: str
) -> None:
    with connect(database_url, WRITE, "test") as other, ThreadPoolExecutor(8) as pool:
        other.execute("LOCK TABLE events")
        answers = list(pool.map(lambda _: client.send(event(new_id())), range(8)))
        assert {answer.status_code for answer in answers} == {503}
        assert {answer.json["code"] for answer in answers} == {"locked"}
        other.rollback()
    assert client.send(event(new_id())).status_code == 200


def test_a_connection_that_was_cut_is_opened_anew(client: Client, conn: Connection) -> None:
    run = new_id()
    client.send(event(run))
    cut = conn.execute(
        "SELECT pg_terminate_backend(pid) AS cut FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ).fetchall()
    assert {"cut": True} in cut
    assert client.send(event(run, seconds=1)).status_code == 200
    assert client.run(run)["event_count"] == 2


def test_what_waits_too_long_refuses_the_next_before_its_body_is_read(
    client: Client, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "ALWAYS_ACCEPTED", 2)
    monkeypatch.setattr(group_commit, "LONGEST_WAIT_SECONDS", 0.0001)
    stuck = new_id()
    client.send(event(stuck))
    with connect(database_url, WRITE, "test") as other, ThreadPoolExecutor(2) as pool:
        other.execute("SELECT FROM runs WHERE run_id = %s FOR UPDATE", [stuck])
        waiting = [pool.submit(client.send, event(stuck, seconds=n)) for n in (1, 2)]
        answer = until(lambda: refusal(client.send_bytes(b"not read")), "nothing is refused")
        assert answer.json["code"] == "overloaded"
        assert answer.headers["Retry-After"] == "1"
        other.rollback()
        assert [sent.result().status_code for sent in waiting] == [200, 200]
    assert client.send(event(new_id())).status_code == 200


def test_requests_that_are_still_parsed_count_as_large_as_usual() -> None:
    writer = GroupCommitWriter(
        lambda: connect("postgresql://127.0.0.1:1/x", WRITE, "test"), today, "test"
    )
    assert writer.has_room(100)  # of which nothing is known
    rows = rows_of(event(new_id())) * 1_000
    for _ in range(20):
        with pytest.raises(psycopg.OperationalError):
            writer.store(rows)
    writer.close()
    assert writer.has_room(group_commit.ALWAYS_ACCEPTED - 1)
    assert not writer.has_room(100)  # 100,000 events, and 10,000 of them take a second


def refusal(answer: testing.Result) -> testing.Result | None:
    """The answer, if it is a refusal; a body that is read is 400."""
    return answer if answer.status_code == 503 else None


def test_a_database_that_is_away_fails_requests_at_once_and_the_writer_lives_on() -> None:
    away = GroupCommitWriter(
        lambda: connect("postgresql://127.0.0.1:1/x", WRITE, "test"), today, "test"
    )
    rows = rows_of(event(new_id()))
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError):
            away.store(rows)
    away.close()
    with pytest.raises(Overloaded):
        away.store(rows)


def test_a_request_that_cannot_be_stored_hurts_no_other(
    database_url: str, conn: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    writer = GroupCommitWriter(lambda: connect(database_url, WRITE, "test"), today, "test")
    stuck = new_id()
    writer.store(rows_of(event(stuck)))
    broken = rows_of(event(new_id(), "llm_call", data={"model": "zz", "tokens_in": 1}))
    broken[0].tokens_in = "1"  # type: ignore[assignment]  # as a reader with a fault might leave it
    waiting = [broken, *[rows_of(event(new_id())) for _ in range(5)]]
    with connect(database_url, WRITE, "test") as other, ThreadPoolExecutor(7) as pool:
        other.execute("SELECT FROM runs WHERE run_id = %s FOR UPDATE", [stuck])
        first = pool.submit(writer.store, rows_of(event(stuck, seconds=1)))
        until(lambda: is_waited_for(conn), "the first transaction does not wait for the lock")
        stored = [pool.submit(writer.store, rows) for rows in waiting]
        until(lambda: writer.waiting[1] == 7, "the requests are not queued")
        other.rollback()
        assert first.result().inserted == 1
        assert isinstance(stored[0].exception(), TypeError)
        assert [future.result().inserted for future in stored[1:]] == [1] * 5
    assert writer.store(rows_of(event(stuck, seconds=2))).inserted == 1
    writer.close()
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "a transaction of 6 requests failed (TypeError); each is tried alone"
    ]
    assert differences(conn) == []


def rows_of(*events: Event) -> list[EventRow]:
    """The rows of a request with these events."""
    return parse_batch(
        json.dumps({"events": events}).encode(), max_events=10, max_event_bytes=1000
    ).rows


def is_waited_for(conn: Connection) -> bool:
    """Whether a session of the database waits for a lock."""
    row = conn.execute(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock') AS waits"
    ).fetchone()
    conn.rollback()
    return row is not None and bool(row["waits"])


def test_closing_stores_what_waits(database_url: str, conn: Connection) -> None:
    with Client.of(database_url) as client, ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(client.send, event(new_id())) for _ in range(8)]
        assert {future.result().status_code for future in sent} == {200}
    assert conn.execute("SELECT count(*) AS n FROM events").fetchone() == {"n": 8}
