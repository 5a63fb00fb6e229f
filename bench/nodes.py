"""What each node spends for an event: CPU and statements, of one PostgreSQL and of Citus clusters.

All of them run on this machine, so CPU per event counts, never the rate. Databases take turns,
round by round, and medians count. A cluster is that of CITUS_URL, or of each --citus URL: an empty
database of a coordinator, which is filled; its `citus.shard_count` says how many shards it gets.
Statements are counted where each node has the extension pg_stat_statements.
"""

import argparse
import os
import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psycopg
from psycopg.conninfo import make_conninfo
from tqdm import tqdm

from bench import results
from bench.live import fresh_bodies
from bench.load import closed_loop, host_of, post
from bench.processes import Watch, postmaster_of
from bench.results import Row
from bench.service import Service, running, scratch_database
from service.db import citus, migrate, partitions

CASES = ((10, 32), (100, 8), (1_000, 4))  # events in a batch, clients
SQL = Path(__file__).with_suffix("")
TRANSACTIONS = "gati_ingest_transaction_events_count "
Figures = dict[
    str, tuple[float, float | None]
]  # by node: CPU per event, statements per transaction


@dataclass(frozen=True)
class Database:
    """One that is measured: its name, its URL, and the URL of each node."""

    name: str
    url: str
    nodes: dict[str, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The section's own flags."""
    parser.add_argument("--rounds", type=int, default=3, help="turns of each database")
    parser.add_argument("--round-events", type=int, default=20_000, help="events in each case")
    given = os.environ.get("CITUS_URL")
    parser.add_argument(
        "--citus",
        nargs="*",
        metavar="URL",
        default=[given] if given else [],
        help="databases of coordinators (default: CITUS_URL)",
    )


def run(options: argparse.Namespace) -> list[Row]:
    """Measure databases of our own, whatever --url says."""
    found: dict[tuple[str, int, str], list[tuple[float, float | None]]] = defaultdict(list)
    with scratch_database() as url:
        databases = [plain(url), *map(cluster, options.citus)]
        turns = [database for _ in range(options.rounds) for database in databases]
        for turn, database in enumerate(tqdm(turns, desc="nodes", disable=None, leave=False)):
            with running(database.url) as service:
                for batch, figures in measure(service, database, turn, options):
                    for node, spent in figures.items():
                        found[database.name, batch, node].append(spent)
    rows = [told(*key, spent) for key, spent in found.items()]
    results.store("nodes", rows)
    return rows


def plain(url: str) -> Database:
    """One PostgreSQL, migrated."""
    migrate.up(url)
    partitions.ensure_partitions(url)
    return Database("PostgreSQL", url, {"PostgreSQL": url})


def cluster(url: str) -> Database:
    """A cluster, migrated and distributed."""
    migrate.up(url)
    citus.distribute(url)
    partitions.ensure_partitions(url)
    workers = {
        f"worker {number}": make_conninfo(url, host=host, port=port)
        for number, (host, port) in enumerate(ask(url, "workers"), 1)
    }
    [[shards]] = ask(url, "shards")
    name = f"Citus, {shards} shards on {len(workers)} workers"
    return Database(name, url, {"coordinator": url, **workers})


def measure(
    service: Service, database: Database, turn: int, options: argparse.Namespace
) -> Iterator[tuple[int, Figures]]:
    """One turn: each size of batches."""
    pids = {"service": service.pid} | {
        node: postmaster_of(url) for node, url in database.nodes.items()
    }
    for batch, clients in CASES:
        count = options.round_events // batch
        bodies = fresh_bodies(options.seed, f"nodes {turn} {batch}", count, batch)
        requests = [post("/api/events", body, host_of(service.url)) for body in bodies]
        watches = {node: Watch(pid) for node, pid in pids.items() if pid is not None}
        before, began = counted(database), transactions(service)
        with ExitStack() as block:
            for watch in watches.values():
                block.enter_context(watch)
            closed_loop(service.url, requests, clients).accepted(count * batch)
        spent = {node: watch.cpu_seconds() for node, watch in watches.items()}
        ended, after = transactions(service), counted(database)
        yield (
            batch,
            {
                node: (
                    1e6 * seconds / (count * batch),
                    (after[node] - before[node]) / (ended - began) if node in before else None,
                )
                for node, seconds in spent.items()
            },
        )


def counted(database: Database) -> dict[str, int]:
    """The statements that each node has run, where it counts them."""
    found = {}
    for node, url in database.nodes.items():
        try:
            [[statements]] = ask(url, "statements")
            found[node] = int(statements)
        except psycopg.errors.UndefinedTable:
            return {}
    return found


def transactions(service: Service) -> float:
    """The transactions of events that the service has committed."""
    with urlopen(f"{service.url}/metrics") as answer:  # noqa: S310 -- our own
        lines = answer.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(TRANSACTIONS))


def ask(url: str, name: str) -> list[tuple[int | str, ...]]:
    """The rows of a statement of this section."""
    with psycopg.connect(url) as conn:
        return conn.execute((SQL / f"{name}.sql").read_bytes()).fetchall()


def told(database: str, batch: int, node: str, spent: list[tuple[float, float | None]]) -> Row:
    """The medians of a node, printed."""
    row: Row = {
        "database": database,
        "batch": batch,
        "node": node,
        "cpu_us_per_event": round(statistics.median(cpu for cpu, _ in spent), 1),
    }
    text = f"{database}: batches of {batch:,}: {node} {row['cpu_us_per_event']} µs of CPU per event"
    statements = [each for _, each in spent if each is not None]
    if statements:
        row["statements_per_transaction"] = round(statistics.median(statements), 1)
        text += f", {row['statements_per_transaction']} statements per transaction"
    tqdm.write(text)
    return row
