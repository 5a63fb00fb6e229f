"""What a worker pays for a request: memory, CPU, and how long others wait meanwhile."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.processes.harness import peak_mb

POLL_SECONDS = 0.05
LIVEZ = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
TICKS, PAGE_BYTES = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
MB = 1024 * 1024
REFERENCE_STEPS, REFERENCE_SECONDS = 2_000_000, 0.06  # of CPU, where the limits were set


def memory_mb(pid: int) -> float:
    """The memory that a process has now, in MB; 0 of one that has ended."""
    try:
        words = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return 0.0
    return int(words[1]) * PAGE_BYTES / MB


def forget_peak(pid: int) -> None:
    """Let VmHWM begin again from what the process has now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def cpu_seconds(pid: int) -> float:
    """The CPU time of a process so far."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICKS


def slowness() -> float:
    """How many times slower than the machine of the limits this one is now; 1 where it is faster.

    The limits have room for a core that other programs use as well: there the same work costs up to
    twice the CPU.
    """
    began = time.process_time()
    for _ in range(REFERENCE_STEPS):
        pass
    return max(1.0, (time.process_time() - began) / REFERENCE_SECONDS)


def livez_seconds(port: int, seconds: float, source: str = "127.0.0.1") -> float:
    """How long /livez takes on a connection of its own; infinite where it does not answer 200."""
    began = time.monotonic()
    try:
        with socket.create_connection(("127.0.0.1", port), seconds, (source, 0)) as connection:
            connection.sendall(LIVEZ)
            if not connection.recv(64).startswith(b"HTTP/1.1 200"):
                return float("inf")
    except OSError:
        return float("inf")
    return time.monotonic() - began


@dataclass
class Cost:
    """What it came to.

    `livez` also grows with the load of the machine. `blocked` does not: a worker that answers
    nobody uses CPU for something else meanwhile.
    """

    grown_mb: float = 0.0
    cpu: float = 0.0
    livez: float = 0.0
    blocked: float = 0.0  # CPU seconds of the worker during one answer of /livez, at most
    seconds: float = 0.0
    slowness: float = 1.0  # of the machine meanwhile; what limits of CPU seconds are times


@contextmanager
def measured(pid: int, port: int, patience: float) -> Iterator[Cost]:
    """Measure a worker for a block; /livez is asked every 50 ms, for `patience` seconds each."""
    cost, done = Cost(slowness=slowness()), threading.Event()
    forget_peak(pid)
    memory, cpu, began = memory_mb(pid), cpu_seconds(pid), time.monotonic()

    def poll() -> None:
        while not done.wait(POLL_SECONDS):
            with suppress(OSError):  # the worker is gone, which others notice
                used = cpu_seconds(pid)
                cost.livez = max(cost.livez, livez_seconds(port, patience))
                cost.blocked = max(cost.blocked, cpu_seconds(pid) - used)

    prober = threading.Thread(target=poll)
    prober.start()
    try:
        yield cost
    finally:
        cost.seconds = time.monotonic() - began
        done.set()
        cost.slowness = max(cost.slowness, slowness())
        try:
            cost.grown_mb = max(0.0, peak_mb(pid) - memory)
            cost.cpu = cpu_seconds(pid) - cpu
        except (OSError, ValueError):  # the worker is gone
            cost.grown_mb = cost.cpu = float("inf")
        prober.join(patience)
