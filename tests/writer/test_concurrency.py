"""Many writers at once: no deadlock reaches a client, no count is wrong, no run is half."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.queries import Connection
from tests.client import Client
from tests.events import Event, differences, event, new_id

CLIENTS = 8
RUNS = 50


def make_runs() -> dict[str, list[Event]]:
    """Runs with the agent on the root, and another on the rest, some with names."""
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


def in_parallel(tasks: list[Callable[[], None]]) -> None:
    """Run the tasks at once; raise what any of them raised."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        for future in [pool.submit(task) for task in tasks]:
            future.result()


def test_overlapping_batches_of_the_same_runs(
    client: Client, other_client: Client, conn: Connection
) -> None:
    runs = make_runs()
    events = [one for events in runs.values() for one in events]
    statuses: list[int] = []

    def send_all(number: int) -> None:
        rng = random.Random(number)
        mine = rng.sample(events, len(events))
        target = (client, other_client)[number % 2]
        while mine:
            size = rng.randint(1, 40)
            batch, mine = mine[:size], mine[size:]
            statuses.append(target.send(*batch).status_code)

    in_parallel([lambda number=number: send_all(number) for number in range(CLIENTS)])  # type: ignore[misc]
    assert set(statuses) == {200}
    assert differences(conn) == []
    stored = conn.execute("SELECT count(*) AS n FROM events").fetchone()
    assert stored == {"n": len(events)}
    for number, run in enumerate(runs):
        found = client.run(run)
        assert found["agent_name"] == f"agent {number % 5}"
        assert found["metadata"] == {"n": number}
        assert (found["event_count"], found["status"]) == (13, "completed")
        assert found["total_cost"] == pytest.approx(0.066)
    names = conn.execute("SELECT DISTINCT agent_name, run_name FROM runs").fetchall()
    assert len(names) == RUNS


def test_deletes_racing_ingest_leave_a_run_whole_or_gone(
    client: Client, other_client: Client, conn: Connection
) -> None:
    runs = [new_id() for _ in range(10)]
    stop = threading.Event()
    statuses: list[int] = []

    def ingest(seed: int) -> None:
        rng = random.Random(seed)
        for n in range(60):
            batch = [event(run, seconds=n, agent_name=f"a{n % 3}") for run in rng.sample(runs, 4)]
            statuses.append(client.send(*batch).status_code)

    def delete(seed: int) -> None:
        rng = random.Random(seed)
        while not stop.is_set():
            if rng.random() < 0.2:
                other_client.simulate_delete(f"/api/agents/a{rng.randint(0, 2)}")
            else:
                other_client.simulate_delete(f"/api/runs/{rng.choice(runs)}")

    deleters = [threading.Thread(target=delete, args=(seed,)) for seed in range(2)]
    for thread in deleters:
        thread.start()
    try:
        in_parallel([lambda seed=seed: ingest(seed) for seed in range(4)])  # type: ignore[misc]
    finally:
        stop.set()
        for thread in deleters:
            thread.join()
    assert set(statuses) == {200}
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
    in_parallel(
        [lambda batch=batch: send("large", batch) for batch in large]
        + [lambda: send("small", [event(new_id())])]
    )
    assert order.index("small") < len(order) - 1
