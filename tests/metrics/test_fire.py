"""Exactness under fire: every metric equals a recount in the reader's own snapshot, always.

While writers send, resend, move and rename, runs and agents are deleted, several processes fold at
once and are killed, and somebody refreshes views by hand, readers compare every live view with the
events. FIRE_SECONDS makes it burn longer.
"""

import logging
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

import psycopg
import pytest

from service.database import READ, REFRESH, connect
from service.fold import compact, connect_refresher, fold
from service.queries import Connection
from service.refresh import refresh_once
from service.verify import verify
from tests.client import Client
from tests.events import Event, event, new_id
from tests.metrics.facts import COMPARISONS, untrue
from tests.operations.harness import REPOSITORY

SECONDS = float(os.environ.get("FIRE_SECONDS", "12"))
WRITERS, READERS, SERVICES = 4, 2, 4
AGENTS = [f"agent {n}" for n in range(5)]
MODELS = ["gpt-4o", "llama", None]
VIEWS = ["agent_totals", "daily_totals", "event_type_totals", "model_totals"]
PATHS = [
    "/api/agents",
    "/api/metrics/summary",
    "/api/metrics/cost-timeline",
    "/api/metrics/tokens-timeline",
    "/api/metrics/agents-comparison",
    "/api/metrics/timeseries?metric=cost&group_by=model&from=2026-11-20&to=2026-11-25",
    "/api/metrics/timeseries?metric=latency_p95&interval=hour&from=2026-11-22&to=2026-11-23",
    "/api/metrics/models",
    "/api/metrics/latency",
    "/health",
]
LEADER = "import sys; from service.refresh import Refresher; Refresher(sys.argv[1], 0.1, 93).run()"


class Fire:
    """What burns: the runs that everybody works on, and when it is over."""

    def __init__(self, url: str, services: list[Client]) -> None:
        self.url = url
        self.services = services
        self.runs = [new_id() for _ in range(30)]
        self.over = threading.Event()
        self.counts: dict[str, int] = {}

    def burns(self, pause_seconds: float = 0.0) -> bool:
        """Whether to go on, after a pause."""
        return not self.over.wait(pause_seconds)

    def count(self, name: str, number: int = 1) -> None:
        """Note that something was done; each name by one thread alone."""
        self.counts[name] = self.counts.get(name, 0) + number


@pytest.fixture
def fire(database_url: str, caplog: pytest.LogCaptureFixture) -> Iterator[Fire]:
    """Services on one database, and no deadlock among their writers."""
    caplog.set_level(logging.INFO, logger="service.writer")
    with ExitStack() as stack:
        services = [stack.enter_context(Client.of(database_url)) for _ in range(SERVICES)]
        yield Fire(database_url, services)
    assert "40P01" not in caplog.text


def some_event(run: str, rng: random.Random) -> Event:
    """An event of any kind; a root now and then, with which its run may move to another agent."""
    kind = rng.choice(["agent_start", "llm_call", "llm_call", "tool_call", "step", "agent_end"])
    data: dict[str, object] = {
        "cost": round(rng.random(), 6),
        "tokens_in": rng.randint(0, 100),
        "model": rng.choice(MODELS),
        "latency_ms": round(rng.lognormvariate(4, 2), 3),
    }
    if rng.random() < 0.1:
        data["error"] = "no"
    return event(
        run,
        kind,
        rng.uniform(-40_000, 40_000),
        agent_name=rng.choice(AGENTS),
        run_name=rng.choice(["same", "run 3", None, None]),
        data=data if rng.random() < 0.8 else {},
    )


def write(fire: Fire, number: int) -> None:
    """Send new events and old ones again, in any order; rename a run now and then."""
    rng, client = random.Random(number), fire.services[number % SERVICES]
    sent: list[Event] = []
    while fire.burns():
        runs = rng.sample(fire.runs, rng.randint(1, 5))
        batch = [some_event(rng.choice(runs), rng) for _ in range(rng.randint(1, 20))]
        batch += rng.sample(sent, min(len(sent), rng.randint(0, 10)))
        rng.shuffle(batch)
        while (status := client.send(*batch).status_code) == 503 and fire.burns(0.01):
            fire.count(f"refused {number}")
        assert status in {200, 503}
        fire.count(f"batches {number}")
        sent = [*sent, *batch][-200:]
        if rng.random() < 0.1:
            rename(client, rng)


def rename(client: Client, rng: random.Random) -> None:
    """Rename whatever run an agent has; it may be gone by then, or the name taken."""
    agent = rng.choice(AGENTS)
    found = client.simulate_get(f"/api/agents/{agent}/runs", query_string="limit=1")
    if found.status_code == 200 and found.json:
        path = f"/api/runs/{agent}/{found.json[0]['run_name']}"
        answer = client.simulate_patch(path, json={"new_run_name": rng.choice("abc")})
        assert answer.status_code in {200, 404, 409, 503}


def delete(fire: Fire) -> None:
    """Delete runs, and agents with all of theirs."""
    rng, client = random.Random("delete"), fire.services[0]
    while fire.burns(0.03):
        path = (
            f"/api/agents/{rng.choice(AGENTS)}"
            if rng.random() < 0.1
            else f"/api/runs/{rng.choice(fire.runs)}"
        )
        assert client.simulate_delete(path).status_code in {200, 404, 503}
        fire.count("deletes")


def fold_again_and_again(fire: Fire, number: int) -> None:
    """Fold without asking for the lease, beside the leader and each other; compact now and then."""
    rng = random.Random(f"fold {number}")
    with connect_refresher(fire.url) as conn:
        while fire.burns(0.1):
            with suppress(psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                compact(conn) if rng.random() < 0.2 else fold(conn)
                fire.count(f"folds {number}")


def lead_and_die(fire: Fire) -> None:
    """Run leaders as processes, and kill each at some moment."""
    rng = random.Random("lead")
    while fire.burns():
        with leading(fire.url) as process:
            fire.burns(0.7 + rng.random())
            process.kill()
            fire.count("killed leaders")


@contextmanager
def leading(url: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that leads, folding every 100 ms; ended at the latest with the block."""
    process = subprocess.Popen([sys.executable, "-c", LEADER, url], cwd=REPOSITORY)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def refresh_by_hand(fire: Fire) -> None:
    """What a DBA might do; it may fail, but never write an old view back."""
    rng = random.Random("hand")
    with connect(fire.url, REFRESH, "hand") as conn:
        conn.autocommit = True
        while fire.burns(0.02):
            with suppress(psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                conn.execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {rng.choice(VIEWS)}")
                fire.count("refreshes by hand")


def compare(fire: Fire, number: int) -> None:
    """Compare every live view with the events, each time in one snapshot."""
    with reading(fire.url) as conn:
        while fire.burns():
            assert untrue(conn) == []
            fire.count(f"comparisons {number}", len(COMPARISONS))


def ask(fire: Fire) -> None:
    """Ask for every metric over HTTP: none fails."""
    while fire.burns():
        for path in PATHS:
            fire.services[1].ok(*path.split("?")[:1], query_string=path.partition("?")[2])
            fire.count("answers")


@contextmanager
def reading(url: str) -> Iterator[Connection]:
    """A connection whose transactions see one snapshot each, with plans for the moment."""
    with connect(url, READ | {"plan_cache_mode": "auto"}, "reader") as conn:
        conn.autocommit = True
        yield conn


def burn(fire: Fire) -> None:
    """Do everything at once; raise what anybody raised."""
    tasks: list[Callable[[], None]] = [
        *[partial(write, fire, number) for number in range(WRITERS)],
        *[partial(compare, fire, number) for number in range(READERS)],
        *[partial(fold_again_and_again, fire, number) for number in range(2)],
        partial(delete, fire),
        partial(lead_and_die, fire),
        partial(refresh_by_hand, fire),
        partial(ask, fire),
    ]
    with ThreadPoolExecutor(len(tasks)) as pool:
        futures = [pool.submit(task) for task in tasks]
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and not any(future.done() for future in futures):
            fire.over.wait(0.1)
        fire.over.set()
    for future in futures:
        future.result()


def test_every_metric_equals_a_recount_in_every_snapshot_of_a_fire(fire: Fire) -> None:
    burn(fire)
    print(fire.counts)
    assert sum(number for name, number in fire.counts.items() if "comparisons" in name) > 1_000
    for name in ("killed leaders", "folds 0", "folds 1", "refreshes by hand", "deletes", "answers"):
        assert fire.counts.get(name, 0) > 5, fire.counts
    assert verify(fire.url) == []
    refresh_once(fire.url)
    assert verify(fire.url) == []
