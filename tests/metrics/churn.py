"""Runs that are sent again and again, in pieces and in any order, so that everything happens.

Their events come twice, late, before their parents; runs move from agent to agent, ask for names
that are taken, reach over days and years, and lie on the edges of quarter hours and buckets.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from service.metrics.latency_buckets import EDGES_US
from tests.events import Event, new_id

AGENTS = [f"agent {n}" for n in range(5)]
RUNS = 120
TYPES = ["llm_call", "tool_call", "error", "agent_end", "agent_start"]
MODELS = ["gpt-4o", "claude", "", None]
TOOLS = ["search", "calculator", "", None]
NAMES = [None, None, "same", "run 3", "temp_x"]
COSTS = [0, 0.1, 0.2, 1e-7, 12.345678901, None, None, None]
QUARTER_HOUR_SECONDS = 900


class Churn:
    """The runs of the moment; each is replaced by a new one some day."""

    def __init__(self) -> None:
        rng = random.Random(1)
        self._runs = [make_run(rng) for _ in range(RUNS)]

    def run_id(self, rng: random.Random) -> str:
        """One of the runs, which may not have come yet, or be gone."""
        return str(rng.choice(self._runs)[0]["run_id"])

    def batch(self, rng: random.Random) -> list[Event]:
        """Pieces of some runs, and now and then the first pieces of a new one."""
        if rng.random() < 0.2:
            self._runs[rng.randrange(RUNS)] = make_run(rng)
        runs = rng.sample(self._runs, rng.randint(1, 5))
        batch = [event for run in runs for event in rng.choices(run, k=rng.randint(1, 8))]
        rng.shuffle(batch)
        return batch


def make_run(rng: random.Random) -> list[Event]:
    """A run: two roots that give it to different agents, and what else may be in one."""
    run, begin = new_id(), beginning(rng)
    ids = [new_id() for _ in range(rng.randint(3, 14))]
    events = [make_event(rng, run, begin, ids, n) for n in range(len(ids))]
    for n in (0, len(ids) // 2):
        events[n] |= {"event_type": "agent_start", "agent_name": rng.choice(AGENTS)}
        events[n]["parent_event_id"] = None
    return events


def beginning(rng: random.Random) -> datetime:
    """Today, on another day or in another century; sometimes on the edge of a quarter hour."""
    now = datetime.now(UTC)
    moment = rng.choice(
        [
            now - timedelta(seconds=rng.randrange(7200)),
            now - timedelta(days=rng.randrange(100), seconds=rng.randrange(7200)),
            datetime(rng.choice([1970, 1999, 2199]), 1, 1, tzinfo=UTC),
        ]
    )
    seconds = moment.timestamp() // QUARTER_HOUR_SECONDS * QUARTER_HOUR_SECONDS
    return rng.choice([moment, datetime.fromtimestamp(seconds, UTC)])


def make_event(rng: random.Random, run: str, begin: datetime, ids: list[str], n: int) -> Event:
    """One event; its parent may be any event of the run, or in none."""
    return {
        "run_id": run,
        "event_id": ids[n],
        "agent_name": rng.choice(AGENTS),
        "event_type": rng.choice(TYPES),
        "timestamp": (begin + timedelta(microseconds=later(rng))).isoformat(),
        "parent_event_id": rng.choice([None, rng.choice(ids), new_id()]),
        "previous_event_id": rng.choice([None, rng.choice(ids), new_id()]),
        "run_name": rng.choice(NAMES),
        "data": make_data(rng),
    }


def later(rng: random.Random) -> int:
    """Microseconds after the beginning, up to an hour."""
    return rng.choice([0, 1, 899_999_999, 900_000_000, rng.randrange(3_600_000_000)])


def make_data(rng: random.Random) -> dict[str, Any]:
    """What the metrics are made of, each of it sometimes missing."""
    edge = rng.choice(EDGES_US[:100])
    return {
        "cost": rng.choice(COSTS),
        "tokens_in": rng.choice([None, 0, rng.randrange(1000)]),
        "tokens_out": rng.choice([None, rng.randrange(1000)]),
        "cache_read_tokens": rng.choice([None, rng.randrange(1000)]),
        "cache_write_tokens": rng.choice([None, None, rng.randrange(1000)]),
        "reasoning_tokens": rng.choice([None, 0, rng.randrange(1000)]),
        "latency_ms": rng.choice([None, 0, edge / 1000, (edge - 1) / 1000, rng.random() * 1e5]),
        "model": rng.choice(MODELS),
        "tool_name": rng.choice(TOOLS),
        "name": rng.choice(TOOLS),
        "status": rng.choice(["ok", "ok", "ok", "error"]),
        "session_id": rng.choice([None, "s1", "s2"]),
        "user_id": rng.choice([None, "u", 7]),
        "tags": rng.choice([None, ["a"], ["a", "b"]]),
        "version": rng.choice([None, "1.0", "1.1"]),
    }
