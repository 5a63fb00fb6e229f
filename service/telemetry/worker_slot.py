"""Slot numbers for workers, from 0; a new worker continues the counters of its slot.

With process ids, which is usual, each reload would leave files that every later scrape reads. So a
worker takes the lowest free slot and continues its counters: there are as many slots as workers at
a time, up to twice WORKERS during a reload. A worker holds the lock of its slot's file until its
end. Imports nothing: see service/core/worker_process.py.
"""

import os
from contextlib import suppress
from itertools import count
from pathlib import Path

from service.telemetry.multiprocess_dir import take

# The initial size of a worker's files. Writing to a mapped page of a full file system kills the
# process, so the space is allocated first. A method of a route has 16 values of 200 bytes.
ALLOCATED_BYTES = {
    "counter": 131_072,
    "histogram": 524_288,
    "gauge_livesum": 65_536,
    "gauge_livemax": 65_536,
}


class WorkerNumber:
    """The slot of this worker; None in commands and tests, which keep metrics in memory."""

    def __init__(self) -> None:
        self.directory: Path | None = None
        self.number: int | None = None

    def claim(self, directory: Path) -> None:
        """Take the lowest free slot until this process ends. Raises OSError."""
        for number in count():
            if take(lock_of(directory, number)) is not None:
                forget_gauges(directory, number)
                allocate(directory, number)
                self.directory, self.number = directory, number
                return


def lock_of(directory: Path, number: int) -> Path:
    """The lock file of a slot."""
    return directory / f"worker-{number}"


def forget_gauges(directory: Path, number: int) -> None:
    """Remove the gauges of a slot's previous worker; its counters stay."""
    for file in directory.glob(f"gauge_live*_{number}.db"):
        with suppress(FileNotFoundError):  # somebody else's scrape was first
            file.unlink()


def forget_dead(directory: Path) -> None:
    """Remove the gauges of ended workers, whose slots are free."""
    for file in directory.glob("worker-*"):
        lock = take(file)
        if lock is not None:
            forget_gauges(directory, int(file.name.removeprefix("worker-")))
            os.close(lock)


def allocate(directory: Path, number: int) -> None:
    """Allocate the files of a worker. Raises OSError if the file system is full."""
    for name, size in ALLOCATED_BYTES.items():
        descriptor = os.open(directory / f"{name}_{number}.db", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            present = os.fstat(descriptor).st_size
            os.pwrite(descriptor, bytes(max(0, size - present)), present)
        finally:
            os.close(descriptor)


worker_number = WorkerNumber()
