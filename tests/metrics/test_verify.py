"""Verify finds every kind of damage, and repair mends it, also while the service is in use."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from service.db.queries import Connection, queries
from service.metrics import verify as verifying
from service.metrics.fold import connect_for_folds, fold_deltas
from service.metrics.leader import fold_once
from service.metrics.verify import Difference, repair, verify
from tests import cluster
from tests.client import Client
from tests.events import differences, event, new_id
from tests.locks import waits_for_a_lock
from tests.metrics.asking import STATES, days_ago, forget_all, moment, store
from tests.metrics.recount import mixed
from tests.processes.harness import until


def first_of(table: str) -> str:
    """The condition that picks one row of a table."""
    return f" WHERE ctid = (SELECT min(ctid) FROM {table})"


ONE_RUN = " WHERE run_id = (SELECT min(run_id::text)::uuid FROM runs)"
# What is done to the database -> the relation and field in which it must be found, and by how much
# stored and counted differ there (None: they are no numbers).
DAMAGE: dict[str, tuple[str, str, str, float | None]] = {
    "daily_metrics": (
        "UPDATE daily_metrics SET events = events + 3" + first_of("daily_metrics"),
        "daily_metrics_live", "events", 3,
    ),
    "a tiny cost": (
        "UPDATE daily_metrics SET cost = cost + 1e-20" + first_of("daily_metrics"),
        "daily_metrics_live", "cost", 1e-20,
    ),
    **{
        f"{name} of {table}": (
            f"UPDATE {table} SET {name} = {name} + 4" + first_of(table), relation, name, 4,
        )
        for name in ("cached_tokens", "cache_write_tokens", "reasoning_tokens")
        for table, relation in (
            ("daily_metrics", "daily_metrics_live"),
            ("quarter_hour_metrics", "quarter_hour_metrics_live"),
            ("daily_rollups", "daily_rollups"),
            ("runs", "runs"),
        )
    },
    "NaN": (
        "UPDATE daily_metrics SET cost = 'NaN'" + first_of("daily_metrics"),
        "daily_metrics_live", "cost", None,
    ),
    "a row of daily_metrics gone": (
        "DELETE FROM daily_metrics WHERE events = (SELECT max(events) FROM daily_metrics)",
        "agent_totals", "events", None,
    ),
    "an agent that nobody has": (
        "INSERT INTO daily_metrics (agent_name, day, event_type, model, cost)"
        " VALUES ('ghost', '2026-11-01', 'x', '', 5)",
        "daily_rollups", "cost", -5,
    ),
    "quarter_hour_metrics": (
        "UPDATE quarter_hour_metrics SET runs = runs + 2" + first_of("quarter_hour_metrics"),
        "quarter_hour_metrics_live", "runs", 2,
    ),
    "quarter hours of an agent that nobody has": (
        "INSERT INTO quarter_hour_metrics (agent_name, quarter_hour, event_type, model, events)"
        " VALUES ('ghost', '2026-11-01 00:00:00+00', 'x', '', 5)",
        "quarter_hour_metrics_live", "events", 5,
    ),
    "latencies of an agent that nobody has": (
        "INSERT INTO quarter_hour_latency"
        " (agent_name, quarter_hour, event_type, model, latency_bucket, events)"
        " VALUES ('ghost', '2026-11-01 00:00:00+00', 'x', '', 5, 6)",
        "quarter_hour_latency_live", "events", 6,
    ),
    "daily_latency": (
        "UPDATE daily_latency SET events = events + 1" + first_of("daily_latency"),
        "daily_latency_live", "events", 1,
    ),
    "a bucket that is another": (
        "UPDATE daily_latency SET latency_bucket = 199" + first_of("daily_latency"),
        "daily_latency_live", "events", None,
    ),
    "quarter_hour_latency": (
        "DELETE FROM quarter_hour_latency" + first_of("quarter_hour_latency"),
        "quarter_hour_latency_live", "events", None,
    ),
    "daily_rollups": (
        "UPDATE daily_rollups SET errors = errors + 1" + first_of("daily_rollups"),
        "daily_rollups", "errors", 1,
    ),
    "daily_latency_rollups": (
        "UPDATE daily_latency_rollups SET events = events + 1" + first_of("daily_latency_rollups"),
        "daily_latency_rollups", "events", 1,
    ),
    "latency_rollups": (
        "UPDATE latency_rollups SET events = events - 1" + first_of("latency_rollups"),
        "latency_rollups", "events", -1,
    ),
    "a run's cost": (
        "UPDATE runs SET total_cost = total_cost + 1" + ONE_RUN,
        "runs", "total_cost", 1,
    ),
    "a run's status": (
        "UPDATE runs SET status = 'active'" + ONE_RUN,
        "runs", "status", None,
    ),
    "a run's duration": (
        "UPDATE runs SET duration_us = duration_us + 1" + ONE_RUN,
        "runs", "duration_us", 1,
    ),
    **{
        f"a run's {name}": (f"UPDATE runs SET {name} = {value}" + ONE_RUN, "runs", name, None)
        for name, value in (
            ("session_id", "'other'"),
            ("user_id", "NULL"),
            ("tags", "'{other}'"),
            ("version", "version || '1'"),
            ("first_error", "first_error - 'text'"),
            ("field_sources", "'{}'"),
        )
    },
    "a run without its events": (
        "DELETE FROM events" + ONE_RUN,
        "runs", "event_count", None,
    ),
    "an error of another group": (
        "UPDATE events SET error_fingerprint = error_fingerprint + 2 WHERE ctid IN"
        " (SELECT min(ctid) FROM events WHERE is_error) AND is_error",
        "events", "error_fingerprint", 2,
    ),
    "an error of no group": (
        "UPDATE events SET error_fingerprint = NULL WHERE is_error",
        "events", "error_fingerprint", None,
    ),
    "no error in a group": (
        "UPDATE events SET error_fingerprint = 7 WHERE NOT is_error",
        "events", "error_fingerprint", None,
    ),
    "a name that is gone": (
        "DELETE FROM metric_names WHERE kind = 'model' AND name = 'gpt-4o'",
        "daily_metrics_live", "events", None,
    ),
    "a lost delta": (
        "DELETE FROM metric_deltas"
        " WHERE ctid = (SELECT min(ctid) FROM metric_deltas WHERE events > 0)",
        "daily_metrics_live", "events", None,
    ),
    "a delta twice": (
        "INSERT INTO metric_deltas OVERRIDING USER VALUE"
        " SELECT d.* FROM metric_deltas AS d WHERE d.events > 0 LIMIT 1",
        "quarter_hour_metrics_live", "events", None,
    ),
}  # fmt: skip
VIEWS = [("agent_totals", "cost"), ("model_totals", "cost"), ("model_totals", "cached_tokens")]
ORPHAN = """
INSERT INTO events (received_on, run_id, event_id, agent_name, event_type, timestamp,
                    is_error, data)
VALUES (current_date, gen_random_uuid(), gen_random_uuid(), 'alpha', 'step', now(), false, '{}')
"""


@pytest.fixture
def filled_url(client: Client, database_url: str) -> str:
    """A database with the mixed data set, half of it folded."""
    store(client, database_url, "half folded", mixed())
    return database_url


@pytest.mark.parametrize("state", STATES)
def test_what_the_service_stored_has_no_difference(
    client: Client, conn: Connection, database_url: str, state: str
) -> None:
    store(client, database_url, state, mixed())
    assert verify(database_url) == []
    assert differences(conn) == []


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found_and_repaired(filled_url: str, conn: Connection, kind: str) -> None:
    statement, relation, field, amount = DAMAGE[kind]
    assert conn.execute(statement).rowcount > 0
    found = verify(filled_url)
    [first, *_] = [one for one in found if (one.relation, one.field) == (relation, field)]
    assert first.key
    assert amount is None or float(first.stored - first.counted) == amount
    repair(filled_url, found)
    assert verify(filled_url) == []
    fold_once(filled_url)
    assert verify(filled_url) == []


@pytest.mark.parametrize(("view", "sum_of"), VIEWS)
def test_a_stale_view_is_found_and_repaired(
    filled_url: str, conn: Connection, view: str, sum_of: str
) -> None:
    conn.execute(f"UPDATE daily_rollups SET {sum_of} = {sum_of} + 1")
    conn.execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {view}")
    conn.execute(f"UPDATE daily_rollups SET {sum_of} = {sum_of} - 1")
    found = verify(filled_url)
    assert {(one.relation, one.field) for one in found} == {(view, sum_of)}
    repair(filled_url, found)
    assert verify(filled_url) == []


def test_repair_keeps_what_was_right(client: Client, conn: Connection, database_url: str) -> None:
    store(client, database_url, "half folded", mixed())
    paths = ["/metrics/summary", "/metrics/models", "/metrics/latency", "/agents"]
    before = [client.ok(path) for path in paths]
    conn.execute("UPDATE daily_metrics SET cost = cost * 2, events = 7")
    conn.execute("UPDATE runs SET total_cost = 0, status = 'active', event_count = 1")
    repair(database_url, verify(database_url))
    assert [client.ok(path) for path in paths] == before


def test_orphans_are_found_and_stay(filled_url: str, conn: Connection) -> None:
    conn.execute(ORPHAN)
    [found] = verify(filled_url)
    assert (found.relation, found.field) == ("events", "events_without_run")
    assert (found.stored, found.counted) == (1, 0)
    repair(filled_url, [found])
    assert verify(filled_url) == [found]


def test_one_agent_is_looked_at_alone(filled_url: str, conn: Connection) -> None:
    conn.execute("UPDATE daily_metrics SET cost = cost + 1 WHERE agent_name = 'alpha'")
    conn.execute("UPDATE runs SET tokens_in = tokens_in + 1 WHERE agent_name = 'a/b c'")
    relations = {name: names(verify(filled_url, name)) for name in ("alpha", "a/b c", "日本語")}
    assert relations == {"alpha": {"daily_metrics_live"}, "a/b c": {"runs"}, "日本語": set()}


def names(found: list[Difference]) -> set[str]:
    """The relations that differ."""
    return {one.relation for one in found}


def test_damage_of_several_agents_is_what_each_alone_says(
    filled_url: str, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever agents share a statement."""
    fold_once(filled_url)
    conn.execute("UPDATE daily_metrics SET events = events + 1, cost = cost + 2")
    conn.execute("UPDATE runs SET tokens_in = tokens_in + 3")
    agents = [row["name"] for row in conn.execute("SELECT name FROM agents ORDER BY name")]
    alone = [one for name in agents for one in verify(filled_url, name)]
    assert len({one.key["agent_name"] for one in alone}) == len(agents) > 2
    for most in (2, 500):
        monkeypatch.setattr(verifying, "AGENTS_PER_STATEMENT", most)
        together = [one for one in verify(filled_url) if "agent_name" in one.key]
        assert sorted(together, key=repr) == sorted(alone, key=repr)


def test_agents_share_a_statement_while_they_have_few_events(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verifying, "AGENTS_PER_STATEMENT", 3)
    monkeypatch.setattr(verifying, "EVENTS_PER_STATEMENT", 10)
    agents = {"a": 0, "b": 1, "c": 2, "d": 9, "e": 2, "large": 99, "f": 10}
    assert list(verifying.groups(agents)) == [["a", "b", "c"], ["d"], ["e"], ["large"], ["f"]]
    assert list(verifying.groups({})) == []


def test_forgotten_quarter_hours_are_no_difference(
    client: Client, filled_url: str, conn: Connection
) -> None:
    old = [moment(new_id(), days_ago(days), data={"latency_ms": 3}) for days in (120, 100, 95)]
    store(client, filled_url, "folded", old)
    with connect_for_folds(filled_url) as refresher:
        forget_all(refresher, 93)
    counted = (
        "SELECT count(*) FROM quarter_hour_latency WHERE quarter_hour < now() - '94 d'::interval"
    )
    row = conn.execute(counted.encode()).fetchone()
    assert row == {"count": 0}
    assert verify(filled_url) == []
    conn.execute("UPDATE daily_metrics SET cost = cost + 1")
    repair(filled_url, verify(filled_url))
    assert verify(filled_url) == []


@contextmanager
def writing(client: Client) -> Iterator[None]:
    """Batches, deletes and moves, one after the other, for as long as the block takes."""
    ended = threading.Event()
    failures: list[Exception] = []

    def write() -> None:
        try:
            for n in count():
                if ended.is_set():
                    return
                run, data = new_id(), {"cost": 0.1, "latency_ms": n, "model": f"m{n % 3}"}
                batch = [
                    event(run, "llm_call", s, agent_name=f"w{n % 4}", data=data) for s in range(9)
                ]
                assert client.send(*batch).status_code == 200
                if n % 3 == 0:
                    client.ok(f"/api/runs/{run}", "DELETE")
                if n % 3 == 1:
                    assert (
                        client.send(event(run, "agent_start", 1, agent_name="mover")).status_code
                        == 200
                    )
        except Exception as error:  # told in the test's own thread
            failures.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    assert failures == []


@pytest.mark.one_server("verify is for when nothing is in flight: nodes share no snapshot")
def test_verify_finds_nothing_while_events_come_in(filled_url: str, other_client: Client) -> None:
    with writing(other_client):
        for _ in range(10):
            assert verify(filled_url) == []
            fold_once(filled_url)
    assert verify(filled_url) == []


def test_repair_mends_while_events_come_in(
    filled_url: str, other_client: Client, conn: Connection
) -> None:
    with writing(other_client):
        for _ in range(5):
            conn.execute("UPDATE daily_metrics SET cost = cost + 1, events = events + 1")
            conn.execute("UPDATE runs SET tokens_in = tokens_in + 1 WHERE agent_name = 'alpha'")
            found = verify(filled_url)
            assert {"runs", "daily_metrics_live"} <= names(found)
            repair(filled_url, found)
            # Nodes share no snapshot, so there it is for when nothing is in flight.
            assert cluster.URL or verify(filled_url) == []
    assert verify(filled_url) == []


def test_repair_waits_for_a_fold_that_is_under_way(filled_url: str, conn: Connection) -> None:
    fold_once(filled_url)
    conn.execute("UPDATE daily_metrics SET cost = cost + 1")
    found, failures = verify(filled_url), []

    def mend() -> None:
        try:
            repair(filled_url, found)
        except Exception as error:  # told in the test's own thread
            failures.append(error)

    mending = threading.Thread(target=mend)
    with connect_for_folds(filled_url) as folder, folder.transaction():
        queries.refresh.begin_fold(folder)
        fold_deltas(folder)
        mending.start()
        until(lambda: waits_for_a_lock(conn) or not mending.is_alive(), "the repair does not wait")
    mending.join()
    assert failures == []
    assert verify(filled_url) == []
