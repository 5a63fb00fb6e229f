"""Seeded events at a moment of one's own, and batches of them that were never sent before."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

from bench.data import EPOCH, LIVE, Event, batches, events


def events_from(start: datetime, seed: int) -> Iterator[Event]:
    """Give the events of a seed without end; their runs begin in the hour from `start` (UTC) on."""
    moved = start.replace(tzinfo=None) - EPOCH
    for event in events(seed):
        event["timestamp"] = (datetime.fromisoformat(event["timestamp"]) + moved).isoformat()
        yield event


def fresh_bodies(seed: int, name: str, count: int, size: int) -> list[bytes]:
    """Return `count` batches of `size` events of the last hour; another name, other events."""
    own_seed = random.Random(f"{seed} {name}").getrandbits(64)
    return list(batches(events_from(datetime.now(UTC) - LIVE, own_seed), count, size))


def batch_from(start: datetime, seed: int, size: int) -> bytes:
    """Return one batch, of events from `start` on."""
    return next(batches(events_from(start, seed), 1, size))
