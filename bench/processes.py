"""What process trees take of the machine: CPU seconds and memory, read from the kernel.

The service's tree is serve, gunicorn and its workers; PostgreSQL's the postmaster and its backends.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil
import psycopg

PROC = Path("/proc")


class Watch:
    """The processes below these pids, for a block.

    >>> with Watch(service.pid) as watch:
    ...     closed_loop(…)
    >>> watch.cpu_seconds()
    """

    def __init__(self, *pids: int) -> None:
        self._pids = pids
        self._began = 0.0
        self._ended: float | None = None

    def __enter__(self) -> "Watch":
        self._began, self._ended = total_cpu_seconds(self._pids), None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._ended = total_cpu_seconds(self._pids)

    def cpu_seconds(self) -> float:
        """CPU seconds since the block began, or of the whole block once it has ended."""
        ended = total_cpu_seconds(self._pids) if self._ended is None else self._ended
        return ended - self._began

    def peak_rss_bytes(self) -> int:
        """The peak RSS of the largest process."""
        return max(self.peak_rss_by_process().values())

    def peak_rss_by_process(self) -> dict[int, int]:
        """The peak RSS in bytes of every process since it started, by pid."""
        return {process.pid: peak_rss_bytes(process) for process in tree(self._pids)}


def tree(pids: tuple[int, ...]) -> Iterator[psutil.Process]:
    """The processes with these pids and all below them."""
    for pid in pids:
        process = psutil.Process(pid)
        yield process
        yield from process.children(recursive=True)


def total_cpu_seconds(pids: tuple[int, ...]) -> float:
    """CPU seconds of the trees since they started, of children that have ended as well."""
    return sum(cpu_seconds(process) for process in tree(pids))


def cpu_seconds(process: psutil.Process) -> float:
    """CPU seconds of a process and of those of its children that it has waited for."""
    with suppress(psutil.NoSuchProcess):
        return float(sum(process.cpu_times()[:4]))  # user, system, and both of ended children
    return 0.0  # it has ended meanwhile: its parent has its time by now


def peak_rss_bytes(process: psutil.Process) -> int:
    """The most memory that a process has held; where the kernel does not tell, what it holds."""
    with suppress(OSError):
        for line in (PROC / str(process.pid) / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    with suppress(psutil.NoSuchProcess):
        return int(process.memory_info().rss)
    return 0


def postmaster_of(database_url: str) -> int:
    """The pid of the local PostgreSQL that this URL leads to."""
    with psycopg.connect(database_url) as conn:
        return int(psutil.Process(conn.info.backend_pid).ppid())
