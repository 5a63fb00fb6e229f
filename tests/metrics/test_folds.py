"""Folds that are cut off, doubled, or under way while a reader keeps an old snapshot."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from service.db.connections import connect
from service.db.queries import Connection, queries
from service.db.session_settings import READ, REFRESH
from service.metrics.fold import (
    compact,
    connect_for_folds,
    delete_empty,
    fold,
)
from service.metrics.leader import fold_once
from service.metrics.verify import rebuild, verify
from tests.client import Client
from tests.metrics.asking import forget_all, store
from tests.metrics.recount import mixed
from tests.metrics.truth import VIEWS, compare
from tests.processes.harness import command, environment, run, until
from tests.service import serving

VIEW = "agent_totals"  # the first that a fold refreshes, once all else is done
WAITING = """
SELECT l.pid
  FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
 WHERE NOT l.granted AND l.relation = %s::regclass AND a.application_name LIKE '%% refresh'
"""
UPKEEP: dict[str, Callable[[Connection], object]] = {
    "fold": fold,
    "compaction": compact,
    "removal of empty rows": delete_empty,
    "oblivion of quarter hours": lambda conn: forget_all(conn, 0),
    "repair": rebuild,
}


@contextmanager
def refresh_command(url: str, cwd: Path) -> Iterator["subprocess.Popen[str]"]:
    """`python -m service refresh`, for a block."""
    process = subprocess.Popen(
        command("refresh"),
        cwd=cwd,
        env=environment(DATABASE_URL=url, REFRESH_INTERVAL_SECONDS=1),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def fold_held_up(url: str, conn: Connection) -> Iterator[int]:
    """Until the end of the block whoever folds waits at its first view; gives its backend."""
    with connect(url, REFRESH, "holder") as holder:
        holder.execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {VIEW}")
        yield until(lambda: fold_that_waits(conn), "no fold waits for the view")


def fold_that_waits(conn: Connection) -> int | None:
    """The backend of a fold that waits for the view."""
    row = conn.execute(WAITING, [VIEW]).fetchone()
    return None if row is None else int(row["pid"])


def number(conn: Connection, statement: str) -> int:
    """The one number that a statement gives."""
    row = conn.execute(statement).fetchone()
    assert row is not None
    return int(next(iter(row.values())))


def deltas(conn: Connection) -> int:
    """How many deltas wait."""
    return number(conn, "SELECT count(*) FROM metric_deltas")


def folds(conn: Connection) -> int:
    """How many folds were committed."""
    return number(conn, "SELECT n FROM fold_state")


def backend_is_there(conn: Connection, pid: int) -> bool:
    """Whether a backend has not ended."""
    rows = conn.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [pid]).fetchall()
    return rows != []


def leader(conn: Connection) -> str | None:
    """Who has the lease."""
    row = queries.refresh.status(conn, row_limit=1).fetchone()
    assert row is not None
    found: str | None = row["leader"]
    return found


def untrue(conn: Connection) -> dict[str, object]:
    """The views that are not what a recount says, in the transaction's snapshot."""
    found = {view.name: compare(conn, view)[1] for view in VIEWS}
    return {name: different for name, different in found.items() if different}


def test_a_killed_process_commits_no_fold_though_its_backend_goes_on(
    client: Client, conn: Connection, database_url: str, tmp_path: Path
) -> None:
    store(client, database_url, "waiting", mixed())
    before = deltas(conn)
    with refresh_command(database_url, tmp_path) as process:
        with fold_held_up(database_url, conn) as backend:
            process.kill()
            process.wait()
            assert backend_is_there(conn, backend)  # it does not look at its client while it waits
        until(lambda: not backend_is_there(conn, backend), "the backend does not end")
    assert (deltas(conn), folds(conn)) == (before, 0)
    assert verify(database_url) == []
    assert fold_once(database_url).deltas == before
    assert (deltas(conn), folds(conn)) == (0, 1)
    assert verify(database_url) == []


def test_a_leader_that_loses_its_connection_in_a_fold_folds_again(
    client: Client, conn: Connection, database_url: str, tmp_path: Path
) -> None:
    store(client, database_url, "waiting", mixed())
    with refresh_command(database_url, tmp_path):
        with fold_held_up(database_url, conn) as backend:
            conn.execute("SELECT pg_terminate_backend(%s::integer)", [backend])
            until(lambda: not backend_is_there(conn, backend), "the backend does not end")
            assert folds(conn) == 0
            assert verify(database_url) == []
        until(lambda: deltas(conn) == 0, "it does not fold again")
    assert folds(conn) == 1
    assert verify(database_url) == []


def test_sigterm_lets_the_fold_end_that_is_under_way(
    client: Client, conn: Connection, database_url: str, tmp_path: Path
) -> None:
    store(client, database_url, "waiting", mixed())
    with refresh_command(database_url, tmp_path) as process:
        with fold_held_up(database_url, conn):
            process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert (deltas(conn), folds(conn), leader(conn)) == (0, 1, None)
    assert verify(database_url) == []


def test_of_two_processes_the_second_leads_once_the_first_was_told_to_end(
    client: Client, conn: Connection, database_url: str, tmp_path: Path
) -> None:
    with refresh_command(database_url, tmp_path) as one:
        first = until(lambda: leader(conn), "nobody leads")
        assert first.endswith(f":{one.pid}")
        with refresh_command(database_url, tmp_path) as other:
            one.terminate()
            assert one.wait(30) == 0
            until(
                lambda: (leader(conn) or "").endswith(f":{other.pid}"), "the other does not follow"
            )
            store(client, database_url, "waiting", mixed())
            until(lambda: deltas(conn) == 0, "the other does not fold")
    assert verify(database_url) == []


def test_folds_at_once_are_counted_one_by_one(
    client: Client, conn: Connection, database_url: str
) -> None:
    store(client, database_url, "waiting", mixed())
    before = deltas(conn)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(fold_once, [database_url] * 12))
    assert sum(one.deltas for one in done) == before
    assert (folds(conn), deltas(conn)) == (12, 0)
    assert verify(database_url) == []


@pytest.mark.parametrize("upkeep", UPKEEP)
def test_an_old_snapshot_stays_exact_across_a(
    client: Client, conn: Connection, database_url: str, upkeep: str
) -> None:
    store(client, database_url, "half folded", mixed())
    with (
        connect(database_url, READ, "reader") as reader,
        connect_for_folds(database_url) as folder,
    ):
        assert untrue(reader) == {}
        client.ok("/api/agents/alpha", "DELETE")
        UPKEEP[upkeep](folder)
        fold_once(database_url)
        conn.execute("VACUUM")
        assert untrue(reader) == {}
        reader.rollback()
        assert untrue(reader) == {}


@pytest.mark.parametrize("isolation", ["REPEATABLE_READ", "SERIALIZABLE"])
def test_a_refresh_from_an_old_snapshot_does_not_bring_old_totals_back(
    client: Client, conn: Connection, database_url: str, isolation: str
) -> None:
    store(client, database_url, "half folded", mixed())
    with connect(database_url, REFRESH, "hand") as hand:
        hand.isolation_level = psycopg.IsolationLevel[isolation]
        hand.execute("SELECT FROM runs")  # the snapshot is taken here
        fold_once(database_url)
        for view in ("agent_totals", "model_totals"):
            hand.execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {view}")
        hand.commit()
    assert untrue(conn) == {}
    assert verify(database_url) == []


def test_a_service_without_a_leader_is_exact_and_refresh_once_folds_all(
    service_database_url: str, tmp_path: Path
) -> None:
    with serving(service_database_url, tmp_path, WORKERS=2, REFRESH_INTERVAL_SECONDS=0) as service:
        with Client.of(service_database_url) as client:
            store(client, service_database_url, "waiting", mixed())
        before = service.ok("/api/metrics/summary")
        assert before["total_events"] == len(mixed())
        health = service.ok("/health")["metrics"]
        assert health["leader"] is None
        waiting = health["deltas_waiting"]
        folded = run(tmp_path, "refresh", "--once", DATABASE_URL=service_database_url)
        assert folded.stdout.startswith(f"folded {waiting} deltas in "), folded
        assert service.ok("/health")["metrics"]["deltas_waiting"] == 0
        assert service.ok("/api/metrics/summary") == before
    assert verify(service_database_url) == []
