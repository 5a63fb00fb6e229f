"""What each process of a service and of its PostgreSQL holds: memory and descriptors."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import psutil

from bench.processes import tree

MEGABYTE = 2**20
AUXILIARY = re.compile(r"postgres: ([a-z ]+?)\d* *$").fullmatch
BACKENDS, POSTMASTER = "PostgreSQL backends", "PostgreSQL postmaster"


@dataclass
class Holding:
    """One process, or all backends: how many, and the most that one of them holds."""

    process: str
    memory_mb: float
    descriptors: int
    count: int = 1


def sample(service: int, postmaster: int) -> dict[str, Holding]:
    """The holdings at this moment, by the names of the processes."""
    return most_by_name([*of_service(service), *of_postgres(postmaster)])


def most_by_name(processes: Iterable[tuple[str, float, int]]) -> dict[str, Holding]:
    """The most that a process of each name holds."""
    found: dict[str, Holding] = {}
    for name, memory_mb, descriptors in processes:
        if name in found:
            one = found[name]
            one.memory_mb = max(one.memory_mb, memory_mb)
            one.descriptors = max(one.descriptors, descriptors)
            one.count += 1
        else:
            found[name] = Holding(name, memory_mb, descriptors)
    return found


def of_service(pid: int) -> Iterator[tuple[str, float, int]]:
    """The master and the workers, by their resident memory."""
    master = psutil.Process(pid)
    yield "master", master.memory_info().rss / MEGABYTE, master.num_fds()
    for number, worker in enumerate(workers(pid), 1):
        with suppress(psutil.NoSuchProcess):
            yield f"worker {number}", worker.memory_info().rss / MEGABYTE, worker.num_fds()


def workers(pid: int) -> list[psutil.Process]:
    """The workers, the oldest first."""
    return sorted(psutil.Process(pid).children(), key=lambda worker: worker.create_time())


def of_postgres(postmaster: int) -> Iterator[tuple[str, float, int]]:
    """PostgreSQL's processes, without the memory that they share: the buffers fill up by design."""
    for process in tree((postmaster,)):
        with suppress(psutil.NoSuchProcess):
            memory = process.memory_info()
            name = postgres_name(" ".join(process.cmdline()), process.pid == postmaster)
            yield name, (memory.rss - memory.shared) / MEGABYTE, process.num_fds()


def postgres_name(title: str, is_postmaster: bool) -> str:
    """The name of an auxiliary process; all that serve statements have one name."""
    if is_postmaster:
        return POSTMASTER
    auxiliary = AUXILIARY(title)
    return f"PostgreSQL {auxiliary[1].strip()}" if auxiliary else BACKENDS
