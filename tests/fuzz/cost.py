"""Looks for bodies that cost more than they are large: a fifth of FUZZ_SECONDS in `make fuzz`.

hypothesis makes shapes (shapes.py), and goes on from those that cost most per byte. Each is read in
this process twice: for the peak of memory (tracemalloc), and for CPU time. A finding is a shape
beyond a limit; the worst shapes are printed in any case.
"""

import os
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings, target

from service.ingest.json.batch import BadBatch, BatchTooLarge, parse_batch
from service.ingest.json.event import MAX_DEPTH
from service.ingest.json.event_keys import parse_keys
from service.ingest.otlp import json_lenient, json_parts, value_budget
from service.ingest.otlp.batch import parse_spans
from service.ingest.otlp.span import Malformed
from service.ingest.row_bytes import RowsTooLarge
from tests.fuzz.shapes import PLACES, UNITS, Shape, shapes

MB = 1024 * 1024
# All limits are a sixteenth of the service's own, so that small shapes, which are soon read, reach
# them: those of the parsers, and of the 32 MB that a worker may grow by whatever it was sent.
SCALE = 16
MAX_EVENTS, MAX_EVENT_BYTES = 10_000 // SCALE, MB // SCALE
COUNTS = [(json_lenient, "MAX_VALUES"), (json_parts, "MAX_TOKENS"), (value_budget, "POOL")]
REFUSED = (BadBatch, BatchTooLarge, RowsTooLarge, Malformed)
# Of six times the body that a worker may grow by, two are the body itself, as it is put together.
MEMORY_MULTIPLE, MEMORY_BYTES = 4, 2 * MB
STORED_MULTIPLE, STORED_BYTES = 6, MB
CPU_SECONDS_PER_MB, CPU_SECONDS = 0.1, 0.05
EXAMPLES, WORST = 200, 12
SECONDS = int(os.environ.get("FUZZ_SECONDS", "50")) / 5


@dataclass
class Findings:
    """By each measure, the worst shape of each place: its share of the limit, and itself."""

    worst: dict[str, dict[str, tuple[float, str]]] = field(default_factory=dict)
    read: int = 0

    def examine(self, shape: Shape) -> None:
        """Read a shape twice, and note what it cost."""
        body = shape.body()
        size, self.read = len(body), self.read + 1
        limit = CPU_SECONDS + CPU_SECONDS_PER_MB * size / MB
        cpu, stored = timed(lambda: parse(shape.kind, body))
        if cpu > limit:  # again: on a machine that is busy, time is no measure
            cpu = min(cpu, timed(lambda: parse(shape.kind, body))[0])
        self._note("CPU", cpu, limit, shape)
        self._note("stored", stored, STORED_BYTES + STORED_MULTIPLE * size, shape)
        memory = peak(lambda: parse(shape.kind, body))
        self._note("memory", memory, MEMORY_BYTES + MEMORY_MULTIPLE * size, shape)

    def _note(self, measure: str, found: float, limit: float, shape: Shape) -> None:
        places, place = self.worst.setdefault(measure, {}), f"{shape.kind}, {shape.place}"
        places[place] = max(places.get(place, (0.0, "")), (found / limit, str(shape)))
        target(found / limit, label=measure)

    @property
    def beyond(self) -> list[str]:
        """The shapes that are beyond a limit."""
        return [
            f"{measure}: {share:.2f} of the limit: {text}"
            for measure, places in self.worst.items()
            for share, text in sorted(places.values(), reverse=True)
            if share > 1
        ]

    def __str__(self) -> str:
        lines = [f"{self.read:,} shapes read"]
        for measure, places in self.worst.items():
            lines += [f"{measure}, as a share of its limit:"]
            worst = sorted(places.values(), reverse=True)[:WORST]
            lines += [f"  {share:8.2f}  {text}" for share, text in worst]
        return "\n".join(lines)


def parse(kind: str, body: bytes) -> int:
    """Read a body as the service does; return the bytes that its rows come to."""
    rows: list[Any] = []
    try:
        if kind == "events":
            rows = parse_batch(body, MAX_EVENTS, MAX_EVENT_BYTES, MAX_DEPTH).rows
        elif kind == "check":
            parse_keys(body, MAX_EVENTS, MAX_EVENT_BYTES)
        else:
            is_json = kind == "OTLP/JSON"
            rows = parse_spans(body, is_json, MAX_EVENTS, MAX_EVENT_BYTES, MAX_DEPTH).rows
    except REFUSED:
        return 0
    return sum(len(row.data) + len(row.metadata or "") for row in rows)


def timed(call: Callable[[], int]) -> tuple[float, int]:
    """CPU seconds of a call, and what it returned."""
    began = time.process_time()
    found = call()
    return time.process_time() - began, found


def peak(call: Callable[[], int]) -> int:
    """The most memory that a call holds at a moment, in bytes."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_no_shape_of_a_body_costs_more_than_its_size_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module, name in COUNTS:
        monkeypatch.setattr(module, name, getattr(module, name) // SCALE)
    for kind in PLACES:  # what is made once, such as a cache, is no body's cost
        parse(kind, Shape(kind, "span", UNITS[0], 1, 0, "", 1, False).body())
    findings, until = Findings(), time.monotonic() + SECONDS

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.target],
        suppress_health_check=list(HealthCheck),
    )
    @given(shapes())
    def explore(shape: Shape) -> None:
        if time.monotonic() < until:
            findings.examine(shape)

    while time.monotonic() < until:
        explore()
    print(f"\n{findings}", flush=True)
    assert not findings.beyond, "\n".join(findings.beyond)
