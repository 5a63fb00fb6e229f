"""An agent has so many event types and models in the metrics; the rest counts under (other)."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.api.pagination.known import none_has
from service.core.clock import today
from service.db import migrate
from service.db.partitions import ensure_partitions
from service.db.queries import Connection, Row, queries
from service.db.retention import retaining
from service.metrics import metric_names
from service.metrics.fold import connect_for_folds, fold
from service.metrics.leader import fold_once
from service.metrics.metric_names import EVENT_TYPE, LIMITS, MODEL, OTHER, TOOL
from service.metrics.verify import rebuild, verify
from service.prices.load import load
from service.prices.reprice import reprice
from tests.client import Client
from tests.events import Event, differences, event, new_id
from tests.metrics.test_history import do
from tests.metrics.truth import VIEWS, compare
from tests.prices.truth import EVER, prices
from tests.processes.harness import until
from tests.writer.test_concurrency import in_parallel

FEW = {EVENT_TYPE: 3, MODEL: 2, TOOL: 2}
NAMED = "SELECT agent_name, kind, name FROM metric_names"
COUNTED = (
    "SELECT model, sum(events)::int AS events, sum(cost)::text AS cost FROM daily_metrics_live"
)
WAITING = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
MIGRATION = "0012.metric-names"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three event types, two models and two tools for each agent."""
    for kind, limit in FEW.items():
        monkeypatch.setitem(LIMITS, kind, limit)


def call(run: str, model: str, agent: str = "agent", **data: Any) -> Event:
    """An event of a model."""
    return event(run, "llm_call", agent_name=agent, data={"model": model, "cost": 1} | data)


def store(client: Client, *events: Event) -> None:
    """Send events until they are stored: 503 means "not now"."""
    while (answer := client.send(*events)).status_code == 503:
        pass
    assert answer.json["count"] == len(events)


def models(conn: Connection, agent: str = "agent") -> dict[str, int]:
    """The events of an agent by model, as the metrics have them."""
    rows = conn.execute(
        f"{COUNTED} WHERE agent_name = %s AND model <> '' GROUP BY model HAVING sum(events) > 0",
        [agent],
    )
    return {row["model"]: row["events"] for row in rows}


def wrong(conn: Connection, url: str) -> list[Any]:
    """What verify finds, what a recount finds, and which agent has more names than it may."""
    found: list[Any] = [*verify(url), *differences(conn), *too_many(conn)]
    with conn.transaction():
        return found + [different for view in VIEWS if (different := compare(conn, view)[1])]


def too_many(conn: Connection) -> list[Row]:
    """Agents with more names of a kind than they may have, or with room and (other)."""
    rows = conn.execute(
        f"SELECT agent_name, kind, array_agg(name) AS names FROM ({NAMED}) AS n GROUP BY 1, 2"
    )
    return [
        row
        for row in rows
        if len(set(row["names"]) - {OTHER}) > LIMITS[row["kind"]]
        or (OTHER in row["names"] and len(row["names"]) <= LIMITS[row["kind"]])
    ]


@pytest.mark.any_postgres
def test_over_many_requests_an_agent_gets_no_more_names_than_it_may_have(
    client: Client, conn: Connection, database_url: str
) -> None:
    run = new_id()
    for number in range(6):
        client.send(call(run, f"made up {number}"), call(run, f"also made up {number}"))
    assert models(conn) == {"also made up 0": 1, "made up 0": 1, OTHER: 10}
    client.send(call(run, "made up 0"), call(run, OTHER), call(new_id(), "made up 5", "another"))
    assert models(conn) == {"also made up 0": 1, "made up 0": 2, OTHER: 11}
    assert models(conn, "another") == {"made up 5": 1}
    assert len(client.ok("/api/events?model=made%20up%204")["events"]) == 1
    assert not none_has(conn, {"model": "made up 4"})  # a search of many events goes on
    named = client.ok(f"/api/runs/{run}/timeline")["events"]
    assert len({one["data"]["model"] for one in named}) == 13
    assert wrong(conn, database_url) == []
    fold_once(database_url)
    assert models(conn) == {"also made up 0": 1, "made up 0": 2, OTHER: 11}
    assert wrong(conn, database_url) == []


@pytest.mark.any_postgres
def test_one_request_with_more_names_than_an_agent_may_have(
    client: Client, conn: Connection, database_url: str
) -> None:
    run = new_id()
    events = [
        event(run, f"type {n:02}", data={"model": f"model {n:02}", "latency_ms": n % 2})
        for n in range(50)
    ]
    client.send(*events)
    assert models(conn) == {"model 00": 1, "model 01": 1, OTHER: 48}
    waiting = conn.execute("SELECT count(*) AS n FROM metric_deltas WHERE events > 0").fetchone()
    assert waiting == {"n": FEW[EVENT_TYPE] + 1}
    assert wrong(conn, database_url) == []


def test_another_worker_counts_as_the_first_did(
    client: Client, conn: Connection, database_url: str
) -> None:
    run = new_id()
    with Client.of(database_url) as other:
        for number in range(4):
            (client, other)[number % 2].send(call(run, f"model {number}"))
            other.send(call(run, f"model {number}"))
        for one in (client, other):
            one.send(*[call(run, f"model {number}") for number in range(4)])
    assert models(conn) == {"model 0": 4, "model 1": 4, OTHER: 8}
    assert wrong(conn, database_url) == []


def test_a_transaction_that_is_undone_leaves_no_name_behind(
    client: Client, conn: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_id()
    with monkeypatch.context() as broken:
        broken.setattr("service.writer.transaction.totals", lambda *_: 1 / 0)
        assert client.send(call(run, "lost")).status_code == 500
    assert conn.execute(NAMED).fetchall() == []
    client.send(call(run, "first"), call(run, "second"))
    client.send(call(run, "lost"))
    assert models(conn) == {"first": 1, "second": 1, OTHER: 1}
    assert wrong(conn, database_url) == []


def test_what_a_worker_remembers_is_bounded(
    client: Client, conn: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metric_names, "MOST_REMEMBERED", 4)
    run = new_id()
    for number in [*range(6), *range(6)]:
        client.send(call(run, f"model {number}"))
    assert models(conn) == {"model 0": 2, "model 1": 2, OTHER: 8}
    assert wrong(conn, database_url) == []


def test_a_deleted_run_takes_its_part_of_other_along(
    client: Client, conn: Connection, database_url: str
) -> None:
    full, gone = new_id(), new_id()
    client.send(*[call(full, f"model {number}") for number in range(3)])
    client.send(*[call(gone, f"model {number}") for number in range(5)])
    fold_once(database_url)
    client.ok(f"/api/runs/{gone}", "DELETE")
    assert models(conn) == {"model 0": 1, "model 1": 1, OTHER: 1}
    assert wrong(conn, database_url) == []
    client.ok("/api/agents/agent", "DELETE")
    assert models(conn) == {}
    assert wrong(conn, database_url) == []


def test_a_run_that_moves_counts_by_the_names_of_its_new_agent(
    client: Client, conn: Connection, database_url: str
) -> None:
    client.send(*[call(new_id(), f"model {number}", "full") for number in range(3)])
    client.send(call(new_id(), "model 7", "roomy"))
    run = new_id()
    client.send(*[call(run, f"model {number}", "full") for number in range(3, 6)])
    assert models(conn, "full") == {"model 0": 1, "model 1": 1, OTHER: 4}
    client.send(call(run, "model 7", "full"), event(run, "agent_start", agent_name="roomy"))
    assert client.run(run)["agent_name"] == "roomy"
    assert models(conn, "full") == {"model 0": 1, "model 1": 1, OTHER: 1}
    assert models(conn, "roomy") == {"model 3": 1, "model 7": 2, OTHER: 2}
    assert wrong(conn, database_url) == []


def test_of_a_run_that_moves_only_names_that_may_have_room_are_read(
    client: Client, conn: Connection
) -> None:
    """200,000 of them had been read for a root, and each been looked up by itself."""
    run = new_id()
    store(client, *(call(run, f"model {n}") for n in range(9)))
    of_run = {"run_ids": [run], "name_limit": "3"}
    rows = queries.metrics.names_of_runs(conn, agent_names=["other"], **of_run).fetchall()
    names = [(row["agent_name"], row["kind"], row["name"]) for row in rows]
    assert names == [
        ("other", EVENT_TYPE, "llm_call"),
        *(("other", MODEL, f"model {n}") for n in range(3)),
    ]
    assert queries.metrics.names_of_runs(conn, **of_run).fetchall() == []


def test_costs_that_are_computed_again_go_where_the_event_counts(
    client: Client, conn: Connection, database_url: str
) -> None:
    client.send(*[call(new_id(), f"model {n}", cost=None, tokens_in=1_000_000) for n in range(4)])
    lines = [f"model {number},,2026-01-01,2,2,,,," for number in range(4)]
    load(database_url, "test.csv", prices(lines))
    reprice(database_url, EVER, dry_run=False)
    rows = conn.execute(f"{COUNTED} WHERE model <> '' GROUP BY model").fetchall()
    costs = {row["model"]: float(row["cost"]) for row in rows}
    assert costs == {"model 0": 2, "model 1": 2, OTHER: 4}
    assert wrong(conn, database_url) == []


def test_retention_keeps_the_sums_of_other(
    client: Client, conn: Connection, database_url: str
) -> None:
    long_ago = today() - timedelta(days=200)
    ensure_partitions(database_url, long_ago)
    with Client.of(database_url, lambda: long_ago) as old:
        at = f"{long_ago}T12:00:00Z"
        old.send(*[call(new_id(), f"model {number}") | {"timestamp": at} for number in range(5)])
    fold_once(database_url)
    with retaining(database_url, today(), 90) as retention:
        assert all(retention.drop(partition) for partition in retention.partitions())
    client.send(call(new_id(), "model 4"), call(new_id(), "model 0"))
    assert models(conn) == {"model 0": 2, "model 1": 1, OTHER: 4}
    assert verify(database_url) == []
    with connect_for_folds(database_url) as folder:
        rebuild(folder)
    assert models(conn) == {"model 0": 2, "model 1": 1, OTHER: 4}
    client.ok("/api/agents/agent", "DELETE")
    assert models(conn) == {}
    assert verify(database_url) == []


@pytest.fixture
def workers(database_url: str) -> Iterator[list[Client]]:
    """Four services on one database."""
    with ExitStack() as stack:
        yield [stack.enter_context(Client.of(database_url)) for _ in range(4)]


def test_many_writers_at_once_keep_the_bound(
    workers: list[Client], conn: Connection, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="service.writer")
    agents = [f"agent {number}" for number in range(3)]

    def send(seed: int) -> None:
        rng = random.Random(seed)
        for _ in range(40):
            batch = [
                call(new_id(), f"model {rng.randrange(60)}", agent)
                for agent in rng.sample(agents, 2)
            ]
            store(workers[seed % 4], *batch)

    in_parallel([partial(send, seed) for seed in range(8)])
    for agent in agents:
        assert len(models(conn, agent)) == FEW[MODEL] + 1
    assert wrong(conn, database_url) == []
    assert "40P01" not in caplog.text


def test_two_workers_that_wait_for_each_other_see_what_the_first_added(
    workers: list[Client], conn: Connection, database_url: str
) -> None:
    """The second has looked before the first committed, and waits for the lock."""
    run = new_id()
    store(workers[0], event(run, "llm_call"))
    with ThreadPoolExecutor(4) as pool:
        with conn.transaction():
            queries.metrics.lock_names(conn, agent_names=["agent"])
            sent = [
                pool.submit(store, worker, *[call(new_id(), f"model {n}") for _ in range(2)])
                for n, worker in enumerate(workers)
            ]
            until(
                lambda: conn.execute(WAITING).rowcount == len(workers), "not all wait for the lock"
            )
        for future in sent:
            future.result()
    found = models(conn)
    assert len(found) == FEW[MODEL] + 1
    assert found[OTHER] == 4
    workers[0].send(*[call(run, f"model {n}") for n in range(4)])
    assert models(conn) == {
        name: events + (2 if name == OTHER else 1) for name, events in found.items()
    }
    assert wrong(conn, database_url) == []


RUNS = [new_id() for _ in range(3)]
IDS = [new_id() for _ in range(6)]
AGENTS = ["alpha", "beta"]
DRAFTS = st.fixed_dictionaries(
    {
        "run_id": st.sampled_from(RUNS),
        "event_id": st.sampled_from(IDS),
        "agent_name": st.sampled_from(AGENTS),
        "event_type": st.sampled_from(["agent_start", "agent_end", "tool_call", "a", "b", OTHER]),
        "timestamp": st.sampled_from(["2026-11-22T10:14:59Z", "2026-11-22T10:15:00Z"]),
        "data": st.fixed_dictionaries(
            {"model": st.sampled_from(["", "u", "v", "w", "x", "y", OTHER])},
            optional={
                "tool_name": st.sampled_from(["p", "q", "r", OTHER]),
                "cost": st.just(0.1),
                "latency_ms": st.sampled_from([1, 5]),
            },
        ),
    }
)
STEPS = st.one_of(
    st.lists(DRAFTS, min_size=1, max_size=5),
    st.lists(DRAFTS, min_size=1, max_size=5),
    st.sampled_from(["fold", "compact", "delete empty", "rebuild", "other worker"]),
    st.tuples(st.just("run"), st.sampled_from(RUNS)),
    st.tuples(st.just("agent"), st.sampled_from(AGENTS)),
)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(STEPS, min_size=2, max_size=12))
def test_after_any_history_of_two_workers_verify_finds_nothing(
    workers: list[Client], conn: Connection, database_url: str, history: list[Any]
) -> None:
    turns, turn = workers[:2], 0
    with connect_for_folds(database_url) as folder:
        for agent in AGENTS:
            do(workers[0], folder, ("agent", agent))
        for step in history:
            turn += step == "other worker"
            if step != "other worker":
                do(turns[turn % 2], folder, step)
        fold(folder)
    assert wrong(conn, database_url) == []


@pytest.mark.one_server("migrate down is for undistributed tables")
def test_the_migration_keeps_what_is_there_and_its_way_back_unfolds(
    conn: Connection, database_url: str
) -> None:
    with Client.of(database_url) as client:
        run = new_id()
        client.send(*[call(run, f"model {number}", latency_ms=5) for number in range(6)])
        fold_once(database_url)
        assert models(conn) == {"model 0": 1, "model 1": 1, OTHER: 4}
        names = [migration.id for migration in migrate.known_migrations()]
    migrate.down(database_url, len(names) - names.index(MIGRATION))
    assert models(conn) == {f"model {number}": 1 for number in range(6)}
    migrate.up(database_url)
    assert wrong(conn, database_url)[:1] != []  # six models, where two are allowed here
    assert verify(database_url) == []
    assert models(conn) == {f"model {number}": 1 for number in range(6)}
