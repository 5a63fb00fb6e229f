"""Memory: of the idle service, and of every process while 8 batches of 10,000 events come at once.

The service runs as `make run` runs it, supervisor included; PostgreSQL's processes count apart.
"""

import argparse
import time
from collections.abc import Iterator

import psutil
from tqdm import tqdm

from bench import results
from bench.live import fresh_bodies
from bench.load import closed_loop, get, host_of, post
from bench.processes import peak_rss_bytes, tree
from bench.results import Row
from bench.service import running, scratch_directory

BATCH, BATCHES, ROUNDS = 10_000, 8, 2
IDLE_SECONDS = 3.0  # after a request to each worker, until the leader has come to rest
WARM_UP = 16
MEGABYTE = 2**20
POSTGRES = "postgres"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The section has no flags of its own."""


def run(options: argparse.Namespace) -> list[Row]:
    """Measure a service of our own, whatever --url says: only its processes can be seen."""
    with scratch_directory() as data_dir, running("", DATA_DIR=str(data_dir)) as service:
        assert service.pid is not None, "a service of our own has a pid"  # noqa: S101
        rows = [told(row) for row in idle(service.url, service.pid)]
        load(service.url, options.seed)
        rows += [told(row) for row in loaded(service.pid)]
    results.store("memory", rows)
    return rows


def idle(url: str, pid: int) -> Iterator[Row]:
    """All processes together, once each worker has answered something."""
    closed_loop(url, [get("/api/agents", host_of(url))] * WARM_UP, clients=8)
    time.sleep(IDLE_SECONDS)
    service, postgres = processes(pid)
    yield together("idle service", service)
    yield together("idle PostgreSQL", postgres)


def load(url: str, seed: int) -> None:
    """Send the batches, all of them at once, and then as many again."""
    for number in range(ROUNDS):
        bodies = fresh_bodies(seed, f"memory {number}", BATCHES, BATCH)
        requests = [post("/api/events", body, host_of(url)) for body in bodies]
        result = closed_loop(url, requests, clients=BATCHES).accepted(BATCHES * BATCH)
        tqdm.write(f"{BATCHES} batches of {BATCH:,} at once: {result.seconds:.1f} s")


def loaded(pid: int) -> Iterator[Row]:
    """Each worker, and the largest backend, at its peak."""
    service, postgres = processes(pid)
    for worker in service:
        if not worker.children():
            yield alone("worker under 8 batches of 10,000", worker)
    yield alone("largest PostgreSQL process", max(postgres, key=peak_rss_bytes))


def processes(pid: int) -> tuple[list[psutil.Process], list[psutil.Process]]:
    """The processes of the service, and those of its PostgreSQL."""
    everything = list(tree((pid,)))
    postgres = [process for process in everything if process.name() == POSTGRES]
    return [process for process in everything if process not in postgres], postgres


def together(what: str, found: list[psutil.Process]) -> Row:
    """Processes added up; PSS counts a page that they share once."""
    return {
        "what": what,
        "processes": len(found),
        "rss_mb": megabytes(sum(process.memory_info().rss for process in found)),
        "pss_mb": megabytes(sum(pss_bytes(process) for process in found)),
        "peak_rss_mb": megabytes(sum(peak_rss_bytes(process) for process in found)),
    }


def alone(what: str, process: psutil.Process) -> Row:
    """One process."""
    return {
        "what": what,
        "processes": 1,
        "rss_mb": megabytes(process.memory_info().rss),
        "pss_mb": megabytes(pss_bytes(process)),
        "peak_rss_mb": megabytes(peak_rss_bytes(process)),
    }


def pss_bytes(process: psutil.Process) -> int:
    """The proportional set size; where the kernel has none, the RSS."""
    memory = process.memory_full_info()
    return int(getattr(memory, "pss", memory.rss))


def megabytes(size: int) -> float:
    """Bytes as megabytes."""
    return round(size / MEGABYTE, 1)


def told(row: Row) -> Row:
    """Print a row, and give it back."""
    tqdm.write(
        f"{row['what']}: RSS {row['rss_mb']} MB, PSS {row['pss_mb']} MB, "
        f"peak RSS {row['peak_rss_mb']} MB in {row['processes']} processes"
    )
    return row
