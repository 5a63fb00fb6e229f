"""Seeded events: the same seed gives the same runs, event by event."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import orjson

from bench.texts import pairs

Event = dict[str, Any]

AGENTS = 100
RUN_EVENTS = (5, 200)
RUN_SHAPE = 0.8  # half of the runs have fewer than 12 events, one in twenty all 200
MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-20250514", "llama-3-70b")
KINDS = ("llm_call", "llm_call", "tool_call", "node_execution", "step")
ERROR_SHARE = 0.01
SESSIONS, USERS, VERSIONS = 20_000, 1_000, 4
EPOCH = datetime(2026, 11, 1)  # without an offset, as the SDK writes UTC
LIVE = timedelta(hours=1)


def events(seed: int, spread: timedelta = LIVE) -> Iterator[Event]:
    """Give events without end, run after run, as the SDK writes them.

    Runs begin within `spread`: an hour, as what is sent live, or weeks, as what is imported.
    """
    rng = random.Random(seed)
    while True:
        yield from run(rng, spread)


def batches(source: Iterator[Event], count: int, size: int) -> Iterator[bytes]:
    """Give the bodies of `count` requests of `size` events each."""
    return (orjson.dumps({"events": list(islice(source, size))}) for _ in range(count))


def run(rng: random.Random, spread: timedelta) -> Iterator[Event]:
    """One run: agent_start, calls, agent_end."""
    start, run_id = uuid4(rng), uuid4(rng)
    # Zipf: the first agent has half of all runs, and the n-th 1 / (n × (n + 1)) of them.
    agent = f"agent {min(int(rng.paretovariate(1)), AGENTS)}"
    moment = EPOCH + spread * rng.random()
    length = min(int(RUN_EVENTS[0] * rng.paretovariate(RUN_SHAPE)), RUN_EVENTS[1])
    for number in range(length):
        kind = kind_of(number, length, rng)
        moment += timedelta(microseconds=int(rng.random() * 2_000_000))
        yield {
            "event_type": kind,
            "run_id": run_id,
            "run_name": f"temp_{run_id}",
            "timestamp": moment.isoformat(),
            "agent_name": agent,
            "event_id": start if number == 0 else uuid4(rng),
            "parent_event_id": None if number in (0, length - 1) else start,
            "previous_event_id": None,
            "data": data_of(kind, rng) | (whose(run_id) if number == 0 else {}),
        }


def whose(run_id: str) -> Event:
    """Session, user and version of a run, by the digits of its id."""
    digits = int(run_id[:8], 16)
    return {
        "session_id": f"session {digits % SESSIONS}",
        "user_id": f"user {digits % USERS}",
        "version": f"1.{digits % VERSIONS}",
    }


def kind_of(number: int, length: int, rng: random.Random) -> str:
    """The type of a run's n-th event."""
    if number == 0:
        return "agent_start"
    if number == length - 1:
        return "agent_end"
    return KINDS[int(rng.random() * len(KINDS))]


def data_of(kind: str, rng: random.Random) -> Event:
    """What the SDK puts into `data` for a type: 600 to 2,000 bytes of JSON."""
    texts = pairs()
    asked, answered = texts[int(rng.random() * len(texts))]
    data: Event = {"input": asked, "output": {"text": answered}}
    if kind == "llm_call":
        data["model"] = MODELS[int(rng.random() * len(MODELS))]
        data["tokens_in"] = 10 + int(rng.random() * 8_000)
        data["tokens_out"] = 1 + int(rng.random() * 2_000)
        data["cost"] = round(rng.random() * 0.2, 6)
    if kind not in ("agent_start", "agent_end"):
        data["latency_ms"] = round(rng.lognormvariate(5, 1), 3)
    if rng.random() < ERROR_SHARE:
        data["error"] = {"type": "ValueError", "message": "no prices were found"}
    return data


def uuid4(rng: random.Random) -> str:
    """A UUID4 that follows the seed; uuid.UUID would take five times as long."""
    digits = f"{rng.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
