"""Numbers for workers, from 0, that their successors take over with all they have counted.

By process id, as is usual, each reload would leave files behind for ever, which every scrape reads.
So a worker takes the lowest number that is free and counts on where the last one of that number
stopped: there are as many as workers at once, twice WORKERS during a reload. Who has a number
holds a lock on its file, which ends with the worker, however that ends. Imports nothing: see
service/core/worker_process.py.
"""

import os
from contextlib import suppress
from itertools import count
from pathlib import Path

from service.telemetry.multiprocess_dir import take

# What the files of a worker are given at once. They are mapped into memory, where a write for which
# the file system has no room kills the process. A method of a route has 16 values of 200 bytes.
ALLOCATED_BYTES = {
    "counter": 131_072,
    "histogram": 524_288,
    "gauge_livesum": 65_536,
    "gauge_livemax": 65_536,
}


class WorkerNumber:
    """The number of this worker; None in commands and tests, which keep figures in memory."""

    def __init__(self) -> None:
        self.directory: Path | None = None
        self.number: int | None = None

    def claim(self, directory: Path) -> None:
        """Take the lowest number that is free, until this process ends. Raises OSError."""
        for number in count():
            if take(lock_of(directory, number)) is not None:
                forget_gauges(directory, number)
                allocate(directory, number)
                self.directory, self.number = directory, number
                return


def lock_of(directory: Path, number: int) -> Path:
    """The file whose lock is held by the worker of a number."""
    return directory / f"worker-{number}"


def forget_gauges(directory: Path, number: int) -> None:
    """Remove what the last worker of a number had at a moment; what it has counted stays."""
    for file in directory.glob(f"gauge_live*_{number}.db"):
        with suppress(FileNotFoundError):  # somebody else's scrape was first
            file.unlink()


def forget_dead(directory: Path) -> None:
    """Remove what workers that have ended had at a moment: their numbers are free."""
    for file in directory.glob("worker-*"):
        lock = take(file)
        if lock is not None:
            forget_gauges(directory, int(file.name.removeprefix("worker-")))
            os.close(lock)


def allocate(directory: Path, number: int) -> None:
    """Give the files of a worker their room. Raises OSError where there is none."""
    for name, size in ALLOCATED_BYTES.items():
        descriptor = os.open(directory / f"{name}_{number}.db", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            present = os.fstat(descriptor).st_size
            os.pwrite(descriptor, bytes(max(0, size - present)), present)
        finally:
            os.close(descriptor)


worker_number = WorkerNumber()
