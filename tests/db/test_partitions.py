"""A reader that holds the DEFAULT partition delays nothing, and what went there is moved."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from service.core.clock import monday_of, today
from service.db import partitions
from service.db.connections import connect
from service.db.partitions import WEEK, WEEKS_AHEAD, PartitionKeeper, ensure_partitions
from service.db.queries import Connection, queries
from service.metrics.verify import verify
from tests.client import Client
from tests.db.old import name_of, one
from tests.events import event, new_id
from tests.processes.harness import until
from tests.service import serving

pytestmark = pytest.mark.one_server("nothing is moved between distributed tables")
HELD = "SELECT tableoid::regclass::text FROM events WHERE run_id = '{}'"


@contextmanager
def reading_default(url: str) -> Iterator[None]:
    """A transaction that has read the DEFAULT partition."""
    with psycopg.connect(url) as reader:
        reader.execute("SELECT FROM events_default LIMIT 1")
        yield


@pytest.fixture
def bare_url(database_url: str, conn: Connection) -> str:
    """A database without the partitions of the weeks to come."""
    for week in range(WEEKS_AHEAD + 1):
        conn.execute(f"DROP TABLE {name_of(today() + week * WEEK)}".encode())
    return database_url


def test_a_start_waits_for_no_reader(bare_url: str, conn: Connection, tmp_path: Path) -> None:
    with reading_default(bare_url), serving(bare_url, tmp_path) as service:
        run = new_id()
        sent = service.post(json.dumps({"events": [event(run)]}).encode())
        assert sent.status_code == 200
        assert one(conn, HELD.format(run)) == "events_default"
        assert service.ok(f"/api/runs/{run}")["event_count"] == 1


def test_what_came_in_meanwhile_is_moved(
    bare_url: str,
    conn: Connection,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(partitions, "CHECK_SECONDS", 0.1)
    run = new_id()
    keeper = PartitionKeeper(bare_url, today)
    with reading_default(bare_url):
        assert not ensure_partitions(bare_url)
        call = event(run, "tool_call", data={"tool_name": "search", "latency_ms": 5})
        assert client.send(call).json["inserted"] == 1
        keeper.open()
        until(lambda: "is not created yet" in caplog.text, "it does not try")
    try:
        moved = [{"tableoid": name_of(today())}]  # a read while it moves may find none
        until(lambda: conn.execute(HELD.format(run)).fetchall() == moved, "it is not moved")
    finally:
        keeper.close()
    assert "1 events moved from the DEFAULT partition" in caplog.text
    assert client.send(event(run)).json["inserted"] == 1
    assert len(client.ok(f"/api/runs/{run}/timeline")["events"]) == 2
    assert one(conn, "SELECT count(*) FROM events_default") == 0
    assert verify(bare_url) == []
    assert ensure_partitions(bare_url)
    partition = "SELECT indexdef FROM pg_indexes WHERE tablename = %s ORDER BY 1"
    found = [
        [row["indexdef"].partition(" USING ")[2] for row in conn.execute(partition, [name])]
        for name in (name_of(today()), name_of(today() + WEEK))
    ]
    assert found[0] == found[1]


def test_a_week_with_too_many_rows_stays_and_is_read(
    bare_url: str,
    client: Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = new_id()
    client.send(*[event(run) for _ in range(500)])
    with connect(bare_url, partitions.SETTINGS, "test") as conn:
        conn.autocommit = True
        conn.execute("SET statement_timeout = '1ms'")
        monday = monday_of(today())
        days = {"monday": monday, "next": monday + timedelta(days=7)}
        assert partitions.move_week(conn, name_of(today()), days)
    assert "too many rows of this week to be moved" in caplog.text
    assert len(client.ok(f"/api/runs/{run}/timeline")["events"]) == 500
    assert verify(bare_url) == []


def test_empty_partitions_have_statistics(bare_url: str) -> None:
    """Else the planner takes each for ten pages."""
    with connect(bare_url, partitions.SETTINGS, "test") as conn:
        conn.autocommit = True
        assert ensure_partitions(bare_url)
        assert queries.events.never_analyzed(conn).fetchall() == []
