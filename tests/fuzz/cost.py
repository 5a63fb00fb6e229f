"""Looks for bodies that cost more than they are large: a fifth of FUZZ_SECONDS in `make fuzz`.

hypothesis makes shapes (shapes.py), and goes on from those that cost most per byte. Each is read by
a process of its own (reading.py), with the service's own limits. A finding is a shape beyond what
tests/hostile allows a worker; the worst shapes are printed in any case.
"""

import os
import time
from contextlib import closing
from dataclasses import dataclass, field

from hypothesis import (
    HealthCheck,
    Phase,
    currently_in_test_context,
    given,
    settings,
    target,
)

from service.ingest.row_bytes import LARGEST_EVENTS, TIMES_THE_BODY
from tests.fuzz.reading import MAX_EVENT_BYTES, Reader
from tests.fuzz.shapes import PLACES, Shape, shapes
from tests.hostile.attack import CPU_CONSTANT, CPU_SECONDS_PER_MB, MULTIPLE
from tests.hostile.measure import MB
from tests.hostile.test_bodies import CONSTANT_MB

# Of the times the body that a worker may grow by, two are the body itself, as it is put together.
MEMORY_MULTIPLE = MULTIPLE - 2
EXAMPLES, WORST = 200, 12
SECONDS = int(os.environ.get("FUZZ_SECONDS", "50")) / 5


@dataclass
class Findings:
    """By each measure, the worst shape of each place: its share of the limit, and itself."""

    reader: Reader
    worst: dict[str, dict[str, tuple[float, str]]] = field(default_factory=dict)
    read: int = 0

    def examine(self, shape: Shape) -> None:
        """Have a shape read, and note what it cost."""
        body = shape.body()
        size, self.read = len(body), self.read + 1
        cost, limit = (
            self.reader.cost(shape.kind, body),
            CPU_CONSTANT + CPU_SECONDS_PER_MB * size / MB,
        )
        cpu = cost.cpu
        if cpu > limit:  # again: on a machine that is busy, time is no measure
            cpu = min(cpu, self.reader.cost(shape.kind, body).cpu)
        self._note("CPU", cpu, limit, shape)
        self._note("memory", cost.memory, CONSTANT_MB * MB + MEMORY_MULTIPLE * size, shape)
        stored = LARGEST_EVENTS * MAX_EVENT_BYTES + TIMES_THE_BODY * size
        self._note("stored", cost.stored, stored, shape)

    def _note(self, measure: str, found: float, limit: float, shape: Shape) -> None:
        places, place = self.worst.setdefault(measure, {}), f"{shape.kind}, {shape.place}"
        places[place] = max(places.get(place, (0.0, "")), (found / limit, str(shape)))
        if currently_in_test_context():
            target(min(found / limit, 1e6), label=measure)

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


def explore(findings: Findings) -> None:
    """Examine empty objects in each place, and other shapes for as long as there is time."""
    for kind, places in PLACES.items():
        for place in places:
            findings.examine(Shape(kind, place, "{}", 2 * MB, 0, "", 1, is_keyed=False))
    until = time.monotonic() + SECONDS

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.target],
        suppress_health_check=list(HealthCheck),
    )
    @given(shapes())
    def examine(shape: Shape) -> None:
        if time.monotonic() < until:
            findings.examine(shape)

    while time.monotonic() < until:
        examine()


def test_no_shape_of_a_body_costs_more_than_its_size_allows() -> None:
    with closing(Reader()) as reader:
        findings = Findings(reader)
        explore(findings)
    print(f"\n{findings}", flush=True)
    assert not findings.beyond, "\n".join(findings.beyond)
