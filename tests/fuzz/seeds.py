"""The bodies that others are made of: the SDK's own, and one with every field."""

import json
from typing import Any

from tests.fuzz.mutations import OTHER, RUN
from tests.ingest.json.test_batch import body_of, rich_event
from tests.sdk.test_replay import RECORDED


def seeds() -> list[bytes]:
    """Each recorded request whole, each of its events, and some that have more."""
    found: list[bytes] = []
    for line in RECORDED.read_text().splitlines():
        events: list[Any] = json.loads(line)["body"]["events"]
        found += [body_of(*events), *map(body_of, events)]
    ids = {"run_id": RUN, "event_id": OTHER, "previous_event_id": RUN}
    rich = {**rich_event(), **ids}
    nameless = {name: value for name, value in rich.items() if name != "event_id"}
    return [*found, body_of(rich), body_of(nameless, nameless), body_of(rich, rich, {})]
