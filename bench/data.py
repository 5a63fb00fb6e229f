"""Seeded events: the same seed gives the same runs, event by event."""

import json
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

Event = dict[str, Any]

AGENTS = 20
RUN_EVENTS = (5, 200)
TEXT_BYTES = (200, 1_100)  # of input and output each: with the rest about 970 bytes per event
MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet", "llama-3-70b")
WORDS = ("the", "agent", "asked", "a", "tool", "for", "prices", "and", "found", "none", "at", "all")
EPOCH = datetime(2026, 11, 1, tzinfo=UTC)
LIVE = timedelta(hours=1)


def events(seed: int, spread: timedelta = LIVE) -> Iterator[Event]:
    """Give events without end, run after run, as the SDK writes them.

    Runs begin within `spread`: an hour, as what is sent live, or weeks, as what is imported.
    """
    rng = random.Random(seed)
    while True:
        yield from run(rng, spread)


def batches(seed: int, count: int, size: int, spread: timedelta = LIVE) -> list[bytes]:
    """Return the bodies of `count` requests of `size` events each."""
    source = events(seed, spread)
    return [json.dumps({"events": list(islice(source, size))}).encode() for _ in range(count)]


def run(rng: random.Random, spread: timedelta) -> Iterator[Event]:
    """One run: agent_start, calls, agent_end."""
    start, run_id = uuid4(rng), uuid4(rng)
    # Zipf: the first agent has half of the runs of all twenty together, or nearly.
    agent = f"agent {min(int(rng.paretovariate(1)), AGENTS)}"
    moment = EPOCH + spread * rng.random()
    length = min(int(RUN_EVENTS[0] * rng.paretovariate(0.8)), RUN_EVENTS[1])
    for number in range(length):
        kind = kind_of(number, length, rng)
        moment += timedelta(microseconds=rng.randint(100, 2_000_000))
        yield {
            "event_type": kind,
            "run_id": run_id,
            "run_name": f"temp_{run_id}",
            "timestamp": moment.replace(tzinfo=None).isoformat(),
            "agent_name": agent,
            "event_id": start if number == 0 else uuid4(rng),
            "parent_event_id": None if number in (0, length - 1) else start,
            "previous_event_id": None,
            "data": data_of(kind, rng),
        }


def kind_of(number: int, length: int, rng: random.Random) -> str:
    """The type of a run's n-th event."""
    if number == 0:
        return "agent_start"
    if number == length - 1:
        return "agent_end"
    return rng.choice(("llm_call", "llm_call", "tool_call", "node_execution", "step"))


def data_of(kind: str, rng: random.Random) -> Event:
    """What the SDK puts into `data` for a type."""
    data: Event = {"input": text(rng), "output": {"text": text(rng)}}
    if kind == "llm_call":
        data |= {
            "model": rng.choice(MODELS),
            "tokens_in": rng.randint(10, 8_000),
            "tokens_out": rng.randint(1, 2_000),
            "cost": round(rng.uniform(0, 0.2), 6),
        }
    if kind not in ("agent_start", "agent_end"):
        data["latency_ms"] = round(rng.lognormvariate(5, 1), 3)
    if rng.random() < 0.01:
        data["error"] = {"type": "ValueError", "message": text(rng)[:80]}
    return data


def text(rng: random.Random) -> str:
    """Words of a realistic length."""
    return " ".join(rng.choices(WORDS, k=rng.randint(*TEXT_BYTES) // 9))


def uuid4(rng: random.Random) -> str:
    """A UUID4 that follows the seed."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
