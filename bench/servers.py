"""Servers compared: worker classes behind nginx, workers, threads, pool sizes, PgBouncer.

One factor differs at a time from the default. Variants take turns, round by round, so that what
the machine does meanwhile hits them all, and medians count. All share one database, which grows.
What cannot run here is left out, with a line that says so.
"""

import argparse
import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec

from tqdm import tqdm

from bench import results
from bench.front import nginx, nginx_program, pgbouncer, pgbouncer_program
from bench.live import fresh_bodies
from bench.load import Result, closed_loop, get, host_of, post
from bench.results import Row
from bench.service import running, scratch_database, scratch_directory
from service.config import WORKER_CLASSES
from service.db import migrate, partitions

CASES = ((10, 32), (1_000, 4))  # events in a batch, clients
READ, READ_CLIENTS, READ_REQUESTS = "/api/metrics/summary", 8, 800
WARM_UP = 64


@dataclass(frozen=True)
class Variant:
    """One way to run the service; `nginx` and `pgbouncer` are 1 where they stand in between."""

    worker_class: str = "gevent"
    workers: int = 2
    threads: int = 32
    pool: int = 12
    nginx: int = 0
    pgbouncer: int = 0

    def __str__(self) -> str:
        threads = f" × {self.threads} threads" if self.worker_class == "gthread" else ""
        between = " behind nginx" * self.nginx + ", reads through PgBouncer" * self.pgbouncer
        workers = f"{self.worker_class}, {self.workers} workers{threads}"
        return f"{workers}, {self.pool} connections{between}"

    @property
    def variables(self) -> dict[str, str]:
        """The service's settings."""
        return {
            "WORKER_CLASS": self.worker_class,
            "WORKERS": str(self.workers),
            "THREADS": str(self.threads),
            "DATABASE_POOL_SIZE": str(self.pool),
        }


DEFAULT = Variant()
GTHREAD = replace(DEFAULT, worker_class="gthread")
BEHIND_NGINX = replace(DEFAULT, nginx=1)
VARIANTS = (
    DEFAULT,
    GTHREAD,
    BEHIND_NGINX,
    replace(BEHIND_NGINX, worker_class="gthread"),
    replace(BEHIND_NGINX, worker_class="meinheld"),
    *(replace(DEFAULT, workers=workers) for workers in (1, 3, 4)),
    *(replace(GTHREAD, threads=threads) for threads in (8, 64)),
    *(replace(DEFAULT, pool=pool) for pool in (8, 20, 40)),
    replace(DEFAULT, pgbouncer=1),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The section's own flags."""
    parser.add_argument("--rounds", type=int, default=3, help="turns of each variant")
    parser.add_argument("--round-events", type=int, default=50_000, help="events in each case")
    parser.add_argument("--only", help="only variants whose description has this word in it")


def run(options: argparse.Namespace) -> list[Row]:
    """Compare on a database of our own, whatever --url says."""
    variants = [v for v in VARIANTS if not options.only or v == DEFAULT or options.only in str(v)]
    variants = [variant for variant in variants if can_run(variant)]
    found: dict[tuple[Variant, str], list[Row]] = defaultdict(list)
    with scratch_database() as database_url:
        migrate.up(database_url)
        partitions.ensure_partitions(database_url)
        turns = [variant for _ in range(options.rounds) for variant in variants]
        for number, variant in enumerate(tqdm(turns, desc="servers", disable=None, leave=False)):
            with started(variant, database_url) as url:
                for figures in measure(url, number, options):
                    found[variant, str(figures["case"])].append(figures)
    rows = [told(row_of(variant, figures)) for (variant, _), figures in found.items()]
    results.store("servers", rows)
    return rows


def can_run(variant: Variant) -> bool:
    """Whether everything is there that a variant needs; print what is not."""
    missing = []
    if variant.nginx and nginx_program() is None:
        missing.append("nginx")
    if variant.pgbouncer and pgbouncer_program() is None:
        missing.append("pgbouncer")
    if variant.worker_class not in WORKER_CLASSES:
        missing.append(f"WORKER_CLASS={variant.worker_class}")
    elif variant.worker_class != "gthread" and find_spec(variant.worker_class) is None:
        missing.append(variant.worker_class)
    if missing:
        tqdm.write(f"left out, for want of {' and '.join(missing)}: {variant}")
    return not missing


@contextmanager
def started(variant: Variant, database_url: str) -> Iterator[str]:
    """Run a variant for a block; give the URL that clients use."""
    with ExitStack() as stack:
        directory = stack.enter_context(scratch_directory())
        variables = variant.variables
        if variant.pgbouncer:
            variables |= stack.enter_context(pgbouncer(database_url, directory))
        url = stack.enter_context(running(database_url, **variables)).url
        yield stack.enter_context(nginx(url, directory)) if variant.nginx else url


def measure(url: str, turn: int, options: argparse.Namespace) -> Iterator[Row]:
    """One turn of a variant: both ways of ingest, and a cheap read."""
    warm = [get(READ, host_of(url))] * WARM_UP
    closed_loop(url, warm, READ_CLIENTS)
    for batch, clients in CASES:
        bodies = fresh_bodies(
            options.seed, f"servers {turn} {batch}", options.round_events // batch, batch
        )
        requests = [post("/api/events", body, host_of(url)) for body in bodies]
        result = closed_loop(url, requests, clients).accepted(len(bodies) * batch)
        yield figures_of(f"batches of {batch:,}", batch, clients, result)
    result = closed_loop(url, [get(READ, host_of(url))] * READ_REQUESTS, READ_CLIENTS)
    yield figures_of(f"GET {READ}", 1, READ_CLIENTS, result)


def figures_of(case: str, batch: int, clients: int, result: Result) -> Row:
    """One case of one turn; of a read, the rate is of requests."""
    return {
        "case": case,
        "batch": batch,
        "clients": clients,
        "rate_per_second": batch * result.statuses[200] / result.seconds,
        "p95_ms": result.percentile(0.95),
    }


def row_of(variant: Variant, figures: list[Row]) -> Row:
    """The medians of a case's turns."""
    return (
        asdict(variant)
        | figures[0]
        | {
            "rate_per_second": round(median(figures, "rate_per_second")),
            "p95_ms": round(median(figures, "p95_ms"), 2),
        }
    )


def median(figures: list[Row], key: str) -> float:
    """The median of one figure."""
    return statistics.median(float(row[key]) for row in figures)


def told(row: Row) -> Row:
    """Print a row, and give it back."""
    names = Variant.__dataclass_fields__
    variant = Variant(**{name: row[name] for name in names})  # type: ignore[arg-type]
    tqdm.write(
        f"{variant}: {row['case']}, {row['clients']} clients: {row['rate_per_second']:,}/s, "
        f"p95 {row['p95_ms']} ms"
    )
    return row
