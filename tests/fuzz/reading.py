"""What reading a body costs, for cost.py: a process that forks for each body that it is sent.

The memory is what the fork had at a moment beyond what it began with (VmHWM), as the limit of a
container counts it: what a library reserves and never touches is not in it. A fork of a process
that has read nothing large has nothing to reuse. The body itself is there before.
"""

import os
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from resource import RLIMIT_CPU, setrlimit
from typing import IO, Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from service.ingest.json.batch import BadBatch, BatchTooLarge, parse_batch
from service.ingest.json.event import MAX_DEPTH
from service.ingest.json.event_keys import parse_keys
from service.ingest.otlp.batch import parse_spans
from service.ingest.otlp.protobuf_decoder import read_attributes
from service.ingest.otlp.span import Malformed
from service.ingest.otlp.value_budget import ValueBudget
from service.ingest.repairs import Repairs
from service.ingest.row_bytes import RowsTooLarge
from tests.fuzz.shapes import PLACES, Shape
from tests.hostile.measure import MB, forget_peak
from tests.processes.harness import REPOSITORY, peak_mb

MAX_EVENTS, MAX_EVENT_BYTES = 10_000, MB
REFUSED = (BadBatch, BatchTooLarge, RowsTooLarge, Malformed)
MOST_CPU_SECONDS = 60
# As value_budget.py says.
VALUES, VALUE_SECONDS = 20_000, 0.3e-6
HEADER = struct.Struct("BQ")  # the kind's number, and the bytes of the body that follows
COST = struct.Struct("ddQ")
KINDS = list(PLACES)


@dataclass(frozen=True)
class Cost:
    """CPU seconds, bytes of memory, and bytes of the rows."""

    cpu: float
    memory: float
    stored: float


BEYOND_ALL = Cost(*[float("inf")] * 3)


class Reader:
    """A process that reads bodies."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.fuzz.reading"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=REPOSITORY, stdin=pipe, stdout=pipe)

    def cost(self, kind: str, body: bytes) -> Cost:
        """What a body costs; more than any limit where it is not read to its end."""
        asks, answers = self._process.stdin, self._process.stdout
        assert asks is not None
        assert answers is not None
        asks.write(HEADER.pack(KINDS.index(kind), len(body)) + body)
        asks.flush()
        found = COST.unpack(answers.read(COST.size))
        return Cost(*found) if found[0] >= 0 else BEYOND_ALL

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def serve(asks: IO[bytes], answers: IO[bytes]) -> None:
    """Answer each body by what it costs."""
    while header := asks.read(HEADER.size):
        number, size = HEADER.unpack(header)
        body = asks.read(size)
        pid = os.fork()
        if not pid:
            answers.write(measure(KINDS[number], body))
            answers.flush()
            os._exit(0)
        if os.waitpid(pid, 0)[1]:
            answers.write(COST.pack(-1, 0, 0))
            answers.flush()


def measure(kind: str, body: bytes) -> bytes:
    """Read a body in this process."""
    setrlimit(RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    warm_up()
    pid = os.getpid()
    forget_peak(pid)
    memory, began = peak_mb(pid), time.process_time()
    stored = parse(kind, body)
    cpu = time.process_time() - began
    memory = peak_mb(pid) - memory
    return COST.pack(cpu / slowness(), memory * MB, stored)


def slowness() -> float:
    """How much longer the machine takes now than when it is idle; at least 1."""
    resource = Resource(attributes=[KeyValue(key="a", value=AnyValue(string_value="x"))] * VALUES)
    budget = ValueBudget(Repairs())
    began = time.process_time()
    read_attributes(resource.attributes, budget)
    return max(1.0, (time.process_time() - began) / (VALUES * VALUE_SECONDS))


def warm_up() -> None:
    """Read a small body of each kind: what is made or loaded once is no body's cost."""
    for kind in KINDS:
        parse(kind, Shape(kind, "span", "{}", 1, 0, "", 1, False).body())


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


if __name__ == "__main__":
    warm_up()
    serve(sys.stdin.buffer, sys.stdout.buffer)
