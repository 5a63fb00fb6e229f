"""One node, a replica for reads, PgBouncer for reads, Citus: rates and latencies, by turns.

All of it runs on this one machine, so this shows what each costs, never what more machines give.
Variants take turns, round by round, and medians count; those on PostgreSQL share one database,
which grows. Citus is that of CITUS_URL: an empty database of its own there, which is filled. What
cannot run here is left out, with a line that says what it needs.
"""

import argparse
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import cycle, islice

from tqdm import tqdm

from bench import results, standby
from bench.front import pgbouncer, pgbouncer_program
from bench.growth import METRICS, PATHS
from bench.live import fresh_bodies
from bench.load import closed_loop, get, host_of, post
from bench.paths import all_paths, find_targets
from bench.results import Row
from bench.servers import CASES, figures_of, median
from bench.service import running, scratch_database, scratch_directory
from service.db import migrate, partitions

READ_CLIENTS, WARM_UP, READ_REQUESTS = 8, 32, 400


@dataclass(frozen=True)
class Running:
    """A variant that runs: where clients ask, and how to wait until reads know what was stored."""

    url: str
    settle: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Variant:
    """One way to run the service; `lacks` says what it needs and is not here, or nothing."""

    name: str
    lacks: Callable[[], str]
    started: Callable[[str], AbstractContextManager[Running]]


@contextmanager
def one_node(database_url: str) -> Iterator[Running]:
    """The service on one PostgreSQL."""
    with running(database_url) as service:
        yield Running(service.url)


@contextmanager
def read_replica(database_url: str) -> Iterator[Running]:
    """Reads go to a streaming replica."""
    with (
        standby.replica(database_url) as replica_url,
        running(database_url, DATABASE_READ_URL=replica_url) as service,
    ):
        yield Running(service.url, lambda: standby.settle(database_url, replica_url))


@contextmanager
def read_pgbouncer(database_url: str) -> Iterator[Running]:
    """Reads go through PgBouncer."""
    with (
        scratch_directory() as directory,
        pgbouncer(database_url, directory) as variables,
        running(database_url, **variables) as service,
    ):
        yield Running(service.url)


@contextmanager
def citus(_database_url: str) -> Iterator[Running]:
    """The service on the coordinator at CITUS_URL, its tables distributed."""
    url = os.environ["CITUS_URL"]
    for action in ("up", "citus"):
        subprocess.run(
            [sys.executable, "-m", "service", "migrate", action],
            env={**os.environ, "DATABASE_URL": url},
            stdout=subprocess.DEVNULL,
            check=True,
        )
    with running(url) as service:
        yield Running(service.url)


def nothing() -> str:
    """What runs everywhere lacks nothing."""
    return ""


def no_pgbouncer() -> str:
    """PgBouncer is a program of the system's."""
    return "" if pgbouncer_program() else "the program pgbouncer (Debian: apt install pgbouncer)"


def no_citus() -> str:
    """Citus is a server of somebody's."""
    return "" if os.environ.get("CITUS_URL") else "CITUS_URL, a coordinator with workers"


VARIANTS = (
    Variant("one node", nothing, one_node),
    Variant("reads on a replica", nothing, read_replica),
    Variant("reads through PgBouncer", no_pgbouncer, read_pgbouncer),
    Variant("Citus", no_citus, citus),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The section's own flags."""
    parser.add_argument("--rounds", type=int, default=3, help="turns of each variant")
    parser.add_argument("--round-events", type=int, default=30_000, help="events in each case")


def run(options: argparse.Namespace) -> list[Row]:
    """Compare on databases of our own, whatever --url says."""
    variants = [variant for variant in VARIANTS if can_run(variant)]
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    with scratch_database() as database_url:
        migrate.up(database_url)
        partitions.ensure_partitions(database_url)
        turns = [variant for _ in range(options.rounds) for variant in variants]
        for number, variant in enumerate(tqdm(turns, desc="many", disable=None, leave=False)):
            with variant.started(database_url) as service:
                for figures in measure(service, number, options):
                    found[variant.name, str(figures["case"])].append(figures)
    rows = [told(name, figures) for (name, _), figures in found.items()]
    results.store("many", rows)
    return rows


def can_run(variant: Variant) -> bool:
    """Whether a variant has all that it needs; print what it lacks."""
    lacking = variant.lacks()
    if lacking:
        tqdm.write(f"left out, for want of {lacking}: {variant.name}")
    return not lacking


def measure(service: Running, turn: int, options: argparse.Namespace) -> Iterator[Row]:
    """One turn of a variant: both ways of ingest, then the main reads."""
    host = host_of(service.url)
    for batch, clients in CASES:
        bodies = fresh_bodies(
            options.seed, f"many {turn} {batch}", options.round_events // batch, batch
        )
        requests = [post("/api/events", body, host) for body in bodies]
        result = closed_loop(service.url, requests, clients).accepted(len(bodies) * batch)
        yield figures_of(f"batches of {batch:,}", batch, clients, result)
    service.settle()
    targets = find_targets(service.url, options.seed, tree_sizes=(25,))
    service.settle()
    for path in all_paths(targets):
        if path.name not in PATHS + METRICS:
            continue
        asked = [get(address, host) for address in path.addresses]
        closed_loop(service.url, list(islice(cycle(asked), WARM_UP)), READ_CLIENTS)
        result = closed_loop(service.url, list(islice(cycle(asked), READ_REQUESTS)), READ_CLIENTS)
        if set(result.statuses) != {200}:
            raise RuntimeError(f"{path.name}: answered {dict(result.statuses)}")
        yield figures_of(path.name, 1, READ_CLIENTS, result)


def told(name: str, figures: list[Row]) -> Row:
    """The medians of a case's turns, printed."""
    row: Row = {
        "variant": name,
        **figures[0],
        "rate_per_second": round(median(figures, "rate_per_second")),
        "p95_ms": round(median(figures, "p95_ms"), 2),
    }
    tqdm.write(
        f"{name}: {row['case']}, {row['clients']} clients: {row['rate_per_second']:,}/s, "
        f"p95 {row['p95_ms']} ms"
    )
    return row
