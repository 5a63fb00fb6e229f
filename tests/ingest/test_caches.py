"""The caches of a worker, which every client fills: none keeps a text that is longer than names."""

import gc
import json
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from typing import Any

from service.ingest.json.batch import parse_batch
from tests.events import event, new_id
from tests.ingest.otlp.spans import MEGABYTE, new_trace, parsed, request, span

LONGEST = 4_096  # characters: the names of all attributes of a span are kept up to here
HUGE = "a" * 100_000
FIELDS = ("session_id", "user_id", "version", "environment", "model")
NAMES = ("run_id", "event_id", "agent_name", "event_type", "run_name", "parent_event_id")
ATTRIBUTES = ("session.id", "user.id", "gen_ai.request.model", "gen_ai.agent.name", HUGE)


def texts_of_caches() -> Iterator[str | bytes]:
    """Every text that an lru_cache of the service holds."""
    left = [
        found
        for found in gc.get_objects()
        if isinstance(found, _lru_cache_wrapper) and found.__module__.startswith("service.")
    ]
    seen = set()
    while left:
        one: Any = left.pop()
        if isinstance(one, (str, bytes)):
            yield one
        elif (id(one) not in seen and not callable(one)) or isinstance(one, _lru_cache_wrapper):
            seen.add(id(one))
            left += gc.get_referents(one)


def is_long(text: str | bytes) -> bool:
    """Whether a text holds more of what was sent than a cache may keep."""
    sent = HUGE[: LONGEST + 1]
    return sent in text if isinstance(text, str) else sent.encode() in text


def test_no_cache_keeps_a_long_text() -> None:
    events = [event(new_id(), data={name: HUGE}) for name in FIELDS]
    events += [event(new_id()) | {name: HUGE} for name in NAMES]
    batch = parse_batch(json.dumps({"events": events}).encode(), 100, MEGABYTE)
    assert batch.rows
    spans = [span(new_trace(), attributes={name: HUGE}) for name in ATTRIBUTES]
    sent = request(*spans, service_name=HUGE, service_version=HUGE)
    assert parsed(sent.SerializeToString(), False).rows
    assert not [len(text) for text in texts_of_caches() if is_long(text)]
