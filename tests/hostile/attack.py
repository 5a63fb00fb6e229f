"""One body against a service with one worker: what came of it, and what it cost."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from service.core.validation import to_uuid
from tests.events import new_id
from tests.hostile.bodies import MB, Body
from tests.hostile.measure import Cost, measured
from tests.processes.harness import REPOSITORY
from tests.service import Service

MULTIPLE = 6  # of the body's unpacked size: the most that a worker may grow by
CPU_SECONDS_PER_MB, CPU_CONSTANT = 0.2, 2.0
BLOCKED_SECONDS = 1.0  # of the worker's CPU: on an idle machine /livez takes as long
LIVEZ_SECONDS = 5.0  # on a machine that other programs use as well


@dataclass
class Outcome:
    """A row of the table."""

    row: int
    name: str
    wire: int
    unpacked: int
    status: int | None  # None: cut off
    cost: Cost
    problems: list[str] = field(default_factory=list)
    stored: int = 0  # events of the run
    kept: bool = True  # the worker is the same process as before

    def check_cost(self, constant_mb: int) -> None:
        """Note the limits that were passed; of `constant_mb` a worker may grow in any case."""
        if self.status is None:
            return
        self.check_memory(constant_mb)
        limit = self.cost.slowness * (CPU_CONSTANT + CPU_SECONDS_PER_MB * self.unpacked / MB)
        if self.cost.cpu > limit:
            self.problems.append(f"took {self.cost.cpu:.1f} CPU-s; the limit is {limit:.1f}")
        if self.cost.blocked > self.cost.slowness * BLOCKED_SECONDS:
            self.problems.append(f"/livez waited for {self.cost.blocked:.1f} CPU-s of the worker")
        if self.cost.livez > self.cost.slowness * LIVEZ_SECONDS:
            self.problems.append(f"/livez took {self.cost.livez:.1f} s")

    def check_memory(self, constant_mb: int) -> None:
        """Note a worker that has grown too much."""
        limit = MULTIPLE * self.unpacked / MB + constant_mb
        if self.cost.grown_mb > limit:
            self.problems.append(f"grew by {self.cost.grown_mb:,.0f} MB; the limit is {limit:,.0f}")


@contextmanager
def single_worker(database_url: str, directory: Path, **settings: Any) -> Iterator[Service]:
    """A service with one worker, for a block, whatever becomes of it."""
    number = len(list(directory.glob("output*")))
    chosen = {"WORKERS": 1, **settings}
    service = Service(database_url, directory / f"output-{number}", REPOSITORY, **chosen)
    try:
        service.wait_until_healthy()
        yield service
    finally:
        if service.process.poll() is None:
            service.stop()


def kill(service: Service) -> None:
    """End a service whose worker answers nothing any more: the session that it was started in."""
    with suppress(ProcessLookupError):
        os.killpg(service.process.pid, signal.SIGKILL)
    service.process.wait()


def post(service: Service, body: Body, packed: bytes, patience: float) -> int | None:
    """The status that a body is answered by; None where there is no answer in time."""
    headers = {"Content-Type": body.media, "Content-Encoding": "gzip"}
    try:
        answer = requests.post(
            service.url + body.path, data=packed, headers=headers, timeout=patience
        )
    except requests.RequestException:
        return None
    return answer.status_code


def count_stored(service: Service, run_id: str) -> int:
    """The events of a run."""
    assert to_uuid(run_id)
    answer = requests.get(f"{service.url}/api/runs/{run_id}", timeout=30)
    return int(answer.json()["event_count"]) if answer.status_code == 200 else 0


def attack(service: Service, body: Body, size: int, patience: float) -> Outcome:
    """Send a body of this size, and look at what came of it."""
    run_id = new_id()
    packed, unpacked = body.pack(size, run_id)
    [worker] = service.workers
    with measured(worker, service.port, patience) as cost:
        status = post(service, body, packed, patience)
    outcome = Outcome(body.row, body.name, len(packed), unpacked, status, cost)
    if status is None:
        outcome.problems.append(f"no answer within {patience:.0f} s")
        return outcome
    outcome.kept = service.workers == {worker}
    if not outcome.kept:
        outcome.problems.append("the worker is another")
    if status not in body.statuses:
        expected = " or ".join(map(str, body.statuses))
        outcome.problems.append(f"answered {status}, not {expected}")
    outcome.stored = count_stored(service, run_id)
    if status == 200 and outcome.stored < body.neighbours:
        outcome.problems.append(f"stored {outcome.stored} of {body.neighbours} good events")
    return outcome
