"""Many writers at once: no deadlock happens, no count is wrong, no run is half.

A deadlock would be retried and never reach a client; so that it is seen here all the same, the
writers' log must not tell of one.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

import pytest

from service.db.connections import connect
from service.db.queries import Connection
from service.db.session_settings import WRITE
from tests.client import Client
from tests.events import Event, differences, event, new_id
from tests.locks import waits_for_a_lock
from tests.processes.harness import until

SERVICES = 4
CLIENTS = 8
RUNS = 50
AGENTS = [f"agent {n}" for n in range(8)]


@pytest.fixture
def services(database_url: str, caplog: pytest.LogCaptureFixture) -> Iterator[list[Client]]:
    """Several services on one database, as many workers would be."""
    caplog.set_level(logging.INFO, logger="service.writer")
    with ExitStack() as stack:
        yield [stack.enter_context(Client.of(database_url)) for _ in range(SERVICES)]
    assert "40P01" not in caplog.text
    assert "failed" not in caplog.text


def in_parallel(tasks: list[Callable[[], None]]) -> None:
    """Run the tasks at once; raise what any of them raised."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        for future in [pool.submit(task) for task in tasks]:
            future.result()


def make_runs() -> dict[str, list[Event]]:
    """Runs with the agent on the root, and another on the rest."""
    runs = {}
    for number in range(RUNS):
        run = new_id()
        start = event(run, "agent_start", 0, agent_name=f"agent {number % 5}")
        start["data"] = {"metadata": {"n": number}}
        runs[run] = [
            start,
            *[
                event(
                    run,
                    "llm_call",
                    n,
                    agent_name="application",
                    parent_event_id=start["event_id"],
                    data={"cost": 0.001 * n, "tokens_in": n, "tokens_out": 1},
                )
                for n in range(1, 12)
            ],
            event(run, "agent_end", 12, agent_name=f"agent {number % 5}"),
        ]
    return runs


def test_overlapping_batches_of_the_same_runs(services: list[Client], conn: Connection) -> None:
    runs = make_runs()
    events = [one for events in runs.values() for one in events]
    statuses: list[int] = []

    def send_all(number: int) -> None:
        rng = random.Random(number)
        mine = rng.sample(events, len(events))
        while mine:
            size = rng.randint(1, 40)
            batch, mine = mine[:size], mine[size:]
            statuses.append(services[number % SERVICES].send(*batch).status_code)

    in_parallel([partial(send_all, number) for number in range(CLIENTS)])
    assert set(statuses) == {200}
    assert differences(conn) == []
    assert conn.execute("SELECT count(*) AS n FROM events").fetchone() == {"n": len(events)}
    for number, run in enumerate(runs):
        found = services[0].run(run)
        assert found["agent_name"] == f"agent {number % 5}"
        assert found["metadata"] == {"n": number}
        assert (found["event_count"], found["status"]) == (13, "completed")
        assert found["total_cost"] == pytest.approx(0.066)
    names = conn.execute("SELECT DISTINCT agent_name, run_name FROM runs").fetchall()
    assert len(names) == RUNS


def test_many_writers_name_runs_under_the_same_agents(
    services: list[Client], conn: Connection
) -> None:
    def send_all(number: int) -> None:
        rng = random.Random(number)
        for _ in range(30):
            name = rng.choice(["same", "run 3", None, None])
            batch = [
                event(new_id(), agent_name=agent, run_name=name) for agent in rng.sample(AGENTS, 5)
            ]
            while (answer := services[number % SERVICES].send(*batch)).status_code == 503:
                pass  # "not now", on a busy machine: the client sends it again
            assert answer.json["inserted"] == len(batch)

    in_parallel([partial(send_all, number) for number in range(CLIENTS)])
    assert conn.execute("SELECT count(*) AS n FROM runs").fetchone() == {"n": CLIENTS * 30 * 5}
    assert differences(conn) == []


def test_two_writers_number_runs_of_the_same_agents_and_neither_waits_for_the_other(
    services: list[Client],
) -> None:
    """Each takes the agents in another order, in many small requests; none is refused."""
    agents = [f"agent {n}" for n in range(40)]
    assert services[0].send(*(event(new_id(), agent_name=name) for name in agents)).json["inserted"]
    statuses: list[int] = []

    def send_all(number: int) -> None:
        rng = random.Random(number)
        for _ in range(60):
            batch = [event(new_id(), agent_name=name) for name in rng.sample(agents, 20)]
            statuses.append(services[number % 2].send(*batch).status_code)

    in_parallel([partial(send_all, number) for number in range(4)])
    assert set(statuses) == {200}


@pytest.mark.slow
def test_a_request_of_6000_agents_lets_others_number_runs_of_them(services: list[Client]) -> None:
    """It held the rows of all of them for seconds, and others were refused."""
    agents = [f"agent {n}" for n in range(6_000)]
    large = [[event(new_id(), agent_name=name) for name in agents] for _ in range(2)]
    assert services[0].send(*large[0]).json["inserted"] == len(agents)
    done = threading.Event()
    statuses: list[int] = []

    def send_small() -> None:
        while not done.wait(0.01):
            batch = [event(new_id(), agent_name=name) for name in agents[::1000]]
            statuses.append(services[1].send(*batch).status_code)

    def send_large() -> None:
        statuses.append(services[0].send(*large[1]).status_code)
        done.set()

    in_parallel([send_small, send_large])
    assert set(statuses) == {200}


def test_deletes_racing_ingest_leave_a_run_whole_or_gone(
    services: list[Client], conn: Connection
) -> None:
    runs = [new_id() for _ in range(30)]
    done = threading.Event()
    statuses: list[int] = []
    refused: list[int] = []

    def ingest(seed: int) -> None:
        rng = random.Random(seed)
        for n in range(60):
            batch = [event(run, seconds=n, agent_name=f"a{n % 3}") for run in rng.sample(runs, 4)]
            while (status := services[seed % 2].send(*batch).status_code) == 503:
                refused.append(n)  # "not now": the client sends it again
            statuses.append(status)

    def delete(seed: int) -> None:
        rng = random.Random(seed)
        while not done.wait(
            0.01
        ):  # as fast as a person with a script, not so that nothing gets through
            if rng.random() < 0.2:
                services[2 + seed].simulate_delete(f"/api/agents/a{rng.randint(0, 2)}")
            else:
                services[2 + seed].simulate_delete(f"/api/runs/{rng.choice(runs)}")

    def recount() -> None:
        """At every moment, not at the end alone: a later delete would clear away what is wrong."""
        counted = 0
        while not done.is_set():
            assert differences(conn) == []
            counted += 1
        assert counted > 10

    with ThreadPoolExecutor(3) as pool:
        others = [pool.submit(delete, 0), pool.submit(delete, 1), pool.submit(recount)]
        try:
            in_parallel([partial(ingest, seed) for seed in range(4)])
        finally:
            done.set()
        for other in others:
            other.result()
    assert set(statuses) == {200}
    assert len(refused) < len(statuses) / 10
    assert differences(conn) == []


def test_a_run_deleted_after_it_was_known_is_made_anew(client: Client, conn: Connection) -> None:
    run = new_id()
    client.send(event(run))
    client.ok(f"/api/runs/{run}", "DELETE")
    assert client.send(event(run, seconds=1)).json["inserted"] == 1
    assert client.run(run)["event_count"] == 1
    assert differences(conn) == []


def test_a_large_request_does_not_hold_up_small_ones(client: Client) -> None:
    order: list[str] = []

    def send(name: str, events: list[Event]) -> None:
        assert client.send(*events).status_code == 200
        order.append(name)

    large = [[event(new_id(), seconds=n) for n in range(3_000)] for _ in range(4)]
    tasks = [partial(send, "large", batch) for batch in large]
    in_parallel([*tasks, partial(send, "small", [event(new_id())])])
    assert order.index("small") < len(order) - 1


def test_a_run_that_moves_away_survives_the_deletion_of_its_agent(
    client: Client, conn: Connection, database_url: str
) -> None:
    run = new_id()
    client.send(event(run, agent_name="source"), event(new_id(), agent_name="target"))
    with connect(database_url, WRITE, "test") as mover, ThreadPoolExecutor(1) as pool:
        mover.execute(
            "UPDATE runs SET agent_name = 'target', run_name = 'moved' WHERE run_id = %s", [run]
        )
        deleted = pool.submit(client.ok, "/api/agents/source", "DELETE")
        until(lambda: waits_for_a_lock(conn), "the deletion does not wait")
        mover.commit()
        assert deleted.result()["status"] == "success"
    assert client.run(run)["agent_name"] == "target"
