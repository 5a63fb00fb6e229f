"""The recorded traffic of the real SDK, over and over, each time as new runs (--real)."""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bench.data import EPOCH, LIVE, Event, uuid4

RECORDING = Path(__file__).parent.parent / "tests" / "sdk" / "data" / "sdk-decorators.jsonl"
IDS = ("run_id", "event_id", "parent_event_id", "previous_event_id")


def events(seed: int) -> Iterator[Event]:
    """Give the recorded events without end, under new ids, each repetition at another time."""
    rng = random.Random(seed)
    recorded = recording()
    first = min(datetime.fromisoformat(event["timestamp"]) for event in recorded)
    while True:
        yield from again(recorded, EPOCH + LIVE * rng.random() - first, rng)


def recording() -> list[Event]:
    """The recorded events, in the order in which they were sent."""
    requests = [json.loads(line) for line in RECORDING.read_text().splitlines()]
    return [event for request in requests for event in request["body"]["events"]]


def again(recorded: list[Event], later: timedelta, rng: random.Random) -> Iterator[Event]:
    """The events once more: the same id becomes the same new id, in whichever field it stands."""
    old_ids = {event[name] for event in recorded for name in IDS if event[name]}
    ids = {old: uuid4(rng) for old in sorted(old_ids)}
    for event in recorded:
        moment = datetime.fromisoformat(event["timestamp"]) + later
        new_ids = {name: ids[event[name]] if event[name] else None for name in IDS}
        run_name = f"temp_{new_ids['run_id']}"
        yield {**event, **new_ids, "run_name": run_name, "timestamp": moment.isoformat()}
