"""Runs of an exact size, shaped as a tree: agent_start, its children, and theirs."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bench.data import Event, batches, data_of, uuid4
from bench.load import closed_loop, host_of, post

AGENT = "agent of trees"
RUNS = {25: 40, 1_000: 8, 10_000: 3}  # of each size: so that requests vary, in 78,000 events
GRANDCHILDREN = 9  # of each child


def post_trees(url: str, seed: int, sizes: tuple[int, ...]) -> dict[int, list[str]]:
    """Send the runs to a service, one by one; return their ids by size."""
    rng = random.Random(f"trees {seed}")
    trees = {size: [tree(rng, size) for _ in range(RUNS[size])] for size in sizes}
    everything = [events for runs in trees.values() for events in runs]
    requests = [
        post("/api/events", body, host_of(url))
        for events in everything
        for body in batches(iter(events), 1, len(events))
    ]
    result = closed_loop(url, requests, clients=1)
    if set(result.statuses) != {200}:
        raise RuntimeError(f"POST /api/events answered {dict(result.statuses)}")
    return {size: [events[0]["run_id"] for events in runs] for size, runs in trees.items()}


def tree(rng: random.Random, size: int) -> list[Event]:
    """One run of so many events, a millisecond apart, that ended just now."""
    run_id = uuid4(rng)
    start = datetime.now(UTC) - timedelta(milliseconds=size)
    return [
        {
            "event_type": kind,
            "run_id": run_id,
            "run_name": f"{size} events, {run_id}",
            "timestamp": (start + timedelta(milliseconds=number)).isoformat(),
            "agent_name": AGENT,
            "event_id": event_id,
            "parent_event_id": parent_id,
            "previous_event_id": None,
            "data": data_of(kind, rng),
        }
        for number, (kind, event_id, parent_id) in enumerate(places(rng, size))
    ]


def places(rng: random.Random, size: int) -> Iterator[tuple[str, str, str | None]]:
    """Give type, id and parent of each event: every tenth is a child, the others are below it."""
    root = child = uuid4(rng)
    yield "agent_start", root, None
    for number in range(size - 2):
        event_id = uuid4(rng)
        if number % (1 + GRANDCHILDREN) == 0:
            child = event_id
            yield "step", event_id, root
        else:
            yield rng.choice(("llm_call", "tool_call")), event_id, child
    yield "agent_end", uuid4(rng), None
