"""Who folds: one leads, another follows when it dies, and without any the metrics stay exact.

EVENTS_WITHOUT_LEADER makes the last of these longer.
"""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import orjson
import psycopg
import pytest

from service.db.connections import connect
from service.db.queries import Connection, queries
from service.db.session_settings import REFRESH
from service.metrics.leader import FoldLeader, fold_once
from service.metrics.verify import verify
from tests.client import Client
from tests.events import Event, event, new_id
from tests.processes.harness import REPOSITORY, command, environment, until
from tests.service import Service

EVENTS = int(os.environ.get("EVENTS_WITHOUT_LEADER", "10000"))


def calls(count: int) -> list[Event]:
    """Calls of a model, in runs of ten."""
    rng = random.Random(count)
    runs = [new_id() for _ in range(count // 10 + 1)]
    return [
        event(
            runs[number // 10],
            "llm_call",
            number % 100_000,
            agent_name=f"agent {number % 7}",
            data={
                "model": "gpt-4o",
                "cost": 0.001,
                "tokens_in": 3,
                "latency_ms": rng.randint(1, 9_999),
            },
        )
        for number in range(count)
    ]


def waiting(conn: Connection) -> int:
    """How many deltas wait."""
    row = conn.execute("SELECT count(*) AS n FROM metric_deltas").fetchone()
    assert row is not None
    return int(row["n"])


def folds(conn: Connection) -> int:
    """How many folds there have been."""
    row = conn.execute("SELECT n FROM fold_state").fetchone()
    assert row is not None
    return int(row["n"])


@contextmanager
def holding(url: str, view: str) -> Iterator[None]:
    """Keep a materialized view from being refreshed by others, for a block."""
    with connect(url, REFRESH, "holder") as conn:
        conn.execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {view}")
        yield


@contextmanager
def leading(url: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that leads, folding every 100 ms, for a block."""
    folder = [sys.executable, "-m", "tests.metrics.folder", "leader", url, "0.1"]
    process = subprocess.Popen(folder, cwd=REPOSITORY)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def waits_for(conn: Connection, view: str) -> int | None:
    """The pid of the backend that waits for a view's lock in the middle of its fold."""
    row = conn.execute(
        "SELECT pid FROM pg_locks WHERE relation = %s::regclass AND NOT granted", [view]
    ).fetchone()
    return int(row["pid"]) if row else None


def test_another_worker_leads_when_the_leader_is_killed(
    service_database_url: str, tmp_path: Path
) -> None:
    service = Service(
        service_database_url, tmp_path / "output", REPOSITORY, WORKERS=2, REFRESH_INTERVAL_SECONDS=1
    )

    def leader() -> int:
        return int((service.ok("/health")["metrics"]["leader"] or ":0").rpartition(":")[2])

    try:
        service.wait_until_healthy()
        first = until(leader, "nobody leads")
        assert first in service.workers
        os.kill(first, signal.SIGKILL)
        second = until(lambda: leader() not in {0, first} and leader(), "nobody took over")
        assert second in service.workers
        assert service.post(orjson.dumps({"events": calls(30)})).json()["inserted"] == 30
        until(
            lambda: service.ok("/health")["metrics"]["deltas_waiting"] == 0,
            "the new leader does not fold",
        )
        assert service.ok("/api/metrics/summary")["total_events"] == 30
    finally:
        service.stop()
    assert verify(service_database_url) == []


def test_a_fold_that_is_killed_in_its_middle_has_not_happened(
    client: Client, conn: Connection, database_url: str
) -> None:
    client.send(*calls(50))
    before = waiting(conn)
    with holding(database_url, "model_totals"), leading(database_url) as process:
        until(lambda: waits_for(conn, "model_totals"), "no fold waits for the view")
        process.kill()
        process.wait()
        until(lambda: waits_for(conn, "model_totals") is None, "its backend lives on")
        assert (waiting(conn), folds(conn)) == (before, 0)
        assert verify(database_url) == []
    assert client.ok("/api/metrics/summary")["total_events"] == 50
    assert fold_once(database_url).deltas == before
    assert verify(database_url) == []


def test_reads_are_exact_while_a_fold_is_under_way(
    client: Client, conn: Connection, database_url: str
) -> None:
    client.send(*calls(50))
    with ThreadPoolExecutor(1) as pool:
        with holding(database_url, "model_totals"):
            folding = pool.submit(fold_once, database_url)
            until(lambda: waits_for(conn, "model_totals"), "no fold waits for the view")
            client.send(*calls(20))
            assert client.ok("/api/metrics/summary")["total_events"] == 70
            assert verify(database_url) == []
        assert folding.result().deltas > 0
    assert client.ok("/api/metrics/summary")["total_events"] == 70
    assert verify(database_url) == []


def test_two_folds_at_once_count_everything_once(
    client: Client, conn: Connection, database_url: str
) -> None:
    sent = 0
    for _ in range(10):
        client.send(*calls(20))
        sent += 20
        with ThreadPoolExecutor(2) as pool:
            done = [pool.submit(fold_once, database_url) for _ in range(2)]
            assert sum(fold.result().deltas for fold in done) > 0
        assert client.ok("/api/metrics/summary")["total_events"] == sent
        assert waiting(conn) == 0
    assert verify(database_url) == []


def test_only_the_holder_of_the_lease_leads_and_it_runs_out(
    conn: Connection, database_url: str
) -> None:
    def lead(name: str, seconds: float = 60) -> bool:
        return queries.refresh.lead(conn, leader=name, lease_seconds=seconds).fetchone() is not None

    assert lead("one")
    assert not lead("two")
    assert lead("one", seconds=-1)  # renewed, and run out at once
    assert lead("two")
    queries.refresh.resign(conn, leader="one")  # not its own to give back
    assert not lead("one")
    queries.refresh.resign(conn, leader="two")
    assert lead("one")


def test_of_two_with_the_same_host_and_pid_one_leads(database_url: str) -> None:
    one, other = (FoldLeader(database_url, 60, 93) for _ in range(2))
    assert [one._leads(), other._leads()] == [True, False]
    one._resign()
    assert other._leads()
    other._resign()


def test_a_leader_that_is_closed_gives_the_lease_back(
    conn: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.metrics.leader.LONGEST_STEP_SECONDS", 0.01)
    refresher = FoldLeader(database_url, 60, 93)  # a lease of 90 s
    refresher.open()
    until(lambda: queries.refresh.status(conn, row_limit=1).fetchone()["leader"], "nobody leads")  # type: ignore[index]
    refresher.close()
    status = queries.refresh.status(conn, row_limit=1).fetchone()
    assert status is not None
    assert status["leader"] is None


def test_the_refresh_command_leads_until_it_is_told_to_end(
    client: Client, conn: Connection, database_url: str, tmp_path: Path
) -> None:
    client.send(*calls(30))
    settings = {"DATABASE_URL": database_url, "REFRESH_INTERVAL_SECONDS": 1}
    process = subprocess.Popen(
        command("refresh"),
        cwd=tmp_path,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: waiting(conn) == 0, "nothing is folded")
        process.terminate()
        printed, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert printed == "folding every 1 s; Ctrl-C ends it\n"
    status = queries.refresh.status(conn, row_limit=1).fetchone()
    assert status is not None
    assert status["leader"] is None


def test_without_any_leader_metrics_stay_exact(
    client: Client, conn: Connection, database_url: str
) -> None:
    sent = 0
    for events in chunks(calls(EVENTS), 1_000):
        client.send(*events)
        sent += len(events)
        summary = client.ok("/api/metrics/summary")
        assert (summary["total_events"], summary["total_tokens_in"]) == (sent, 3 * sent)
        assert summary["total_cost"] == pytest.approx(0.001 * sent)
    assert folds(conn) == 0
    assert verify(database_url) == []
    assert fold_once(database_url).deltas > 0
    assert waiting(conn) == 0
    assert verify(database_url) == []


def chunks(events: list[Event], size: int) -> Iterator[list[Event]]:
    """The events, some at a time."""
    for start in range(0, len(events), size):
        yield events[start : start + size]


@pytest.mark.parametrize("view", ["agent_totals", "model_totals"])
@pytest.mark.parametrize("events", [0, 20])
def test_a_refresh_that_began_before_a_fold_fails(
    client: Client, conn: Connection, database_url: str, view: str, events: int
) -> None:
    if events:  # else the view's table is empty: the gate has to be looked through all the same
        client.send(*calls(events))
        fold_once(database_url)
    by_hand = f"REFRESH MATERIALIZED VIEW CONCURRENTLY {view}"
    with ThreadPoolExecutor(1) as pool, connect(database_url, REFRESH, "hand") as other:
        with holding(database_url, view):
            refreshing = pool.submit(other.execute, by_hand)
            until(lambda: waits_for(conn, view), "it does not wait")
            conn.execute("UPDATE fold_state SET n = n + 1")  # as a fold does
        with pytest.raises(psycopg.errors.SerializationFailure, match="run it again"):
            refreshing.result()
