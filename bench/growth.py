"""What growth costs: ingest rate, reads and disk at several sizes, in one partition and over 104.

The store is filled to each size in turn, by the service's own write path. --long goes on to 5 and
10 million events, which takes about 25 minutes and 15 GB of disk.
"""

import argparse
import statistics
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path as File

import psycopg
from tqdm import tqdm

from bench import results
from bench.fill import fill
from bench.live import fresh_bodies
from bench.load import closed_loop, get, host_of, post
from bench.paths import all_paths, find_targets
from bench.results import Row
from bench.service import running, scratch_database
from service.db import migrate

SIZES, LONG_SIZES = (100_000, 1_000_000), (5_000_000, 10_000_000)
LAYOUTS = (1, 104)  # weekly partitions
CASES = ((1_000, 4), (10, 32))  # events in a batch, clients
ROUNDS = 3  # of which the median counts
ROUND_EVENTS = 20_000  # few, since the store must stay about as large as it is said to be
PATHS = ("agents", "runs of an agent", "run by id", "timeline by id", "trace of 25 by id")
METRICS = ("metrics summary", "events by hour")
CLIENTS, WARM_UP, REQUESTS = 8, 32, 400
DISK = File(__file__).parent / "growth" / "disk.sql"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The section's own flags."""
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="events stored")
    parser.add_argument("--long", action="store_true", help="also 5 and 10 million events")


def run(options: argparse.Namespace) -> list[Row]:
    """Grow a store in each layout: stores of our own, whatever --url says."""
    sizes = sorted({*options.sizes, *(LONG_SIZES if options.long else ())})
    rows = [row for layout in LAYOUTS for row in grow(sizes, layout, options.seed)]
    results.store("growth", rows)
    return rows


def grow(sizes: list[int], partitions: int, seed: int) -> Iterator[Row]:
    """Fill a store to each size, and measure it there."""
    stored, raw_bytes = 0, 0.0
    with scratch_database() as database_url:
        migrate.up(database_url)
        for size in sizes:
            raw_bytes += fill(database_url, stored, size, partitions, seed)
            stored = max(stored, size)  # ingest may have brought in more than that already
            place: Row = {"events": size, "partitions": partitions}
            yield told(place | disk(database_url, stored, raw_bytes / stored))
            with running(database_url) as service:
                for figures in reads(service.url, seed):
                    yield told(place | figures)
                for figures in ingest(service.url, f"{partitions} {size}", seed):
                    yield told(place | figures)
            stored, raw_bytes = counted(database_url, raw_bytes / stored)


def counted(database_url: str, raw_bytes_per_event: float) -> tuple[int, float]:
    """How many events are stored by now, and about how many bytes of JSON they came as."""
    with psycopg.connect(database_url) as conn:
        row = conn.execute("SELECT sum(event_count) FROM runs").fetchone()
        assert row is not None, "an aggregate has one row"  # noqa: S101
        return int(row[0]), int(row[0]) * raw_bytes_per_event


def disk(database_url: str, events: int, raw_bytes_per_event: float) -> Row:
    """What the tables and their indexes take for each event, beside the JSON that came in."""
    with psycopg.connect(database_url) as conn:
        row = conn.execute(DISK.read_bytes()).fetchone()
    assert row is not None, "an aggregate has one row"  # noqa: S101
    everything, of_events = (int(size) / events for size in row)
    return {
        "bytes_per_event": round(everything),
        "of_events_bytes_per_event": round(of_events),
        "raw_bytes_per_event": round(raw_bytes_per_event),
        "ratio_to_raw": round(everything / raw_bytes_per_event, 3),
    }


def reads(url: str, seed: int) -> Iterator[Row]:
    """The main paths at 8 clients."""
    paths = all_paths(find_targets(url, seed, tree_sizes=(25,)))
    for path in paths:
        if path.name not in PATHS + METRICS:
            continue
        requests = [get(address, host_of(url)) for address in path.addresses]
        closed_loop(url, list(islice(cycle(requests), WARM_UP)), CLIENTS)
        result = closed_loop(url, list(islice(cycle(requests), REQUESTS)), CLIENTS)
        yield {
            "path": path.name,
            "clients": CLIENTS,
            "p50_ms": round(result.percentile(0.50), 3),
            "p95_ms": round(result.percentile(0.95), 3),
        }


def ingest(url: str, ids: str, seed: int) -> Iterator[Row]:
    """The rate of each case: its rounds alternate with the other's."""
    rates: dict[tuple[int, int], list[float]] = {case: [] for case in CASES}
    for number in range(ROUNDS):
        for batch, clients in CASES:
            bodies = fresh_bodies(seed, f"{ids} {number} {batch}", ROUND_EVENTS // batch, batch)
            requests = [post("/api/events", body, host_of(url)) for body in bodies]
            events = len(bodies) * batch
            result = closed_loop(url, requests, clients).accepted(events)
            rates[batch, clients].append(events / result.seconds)
    for (batch, clients), found in rates.items():
        rate = round(statistics.median(found))
        yield {"batch": batch, "clients": clients, "rate_per_second": rate}


def told(row: Row) -> Row:
    """Print a row, and give it back."""
    words = ", ".join(f"{name} {value}" for name, value in list(row.items())[2:])
    tqdm.write(f"{row['events']:,} events in {row['partitions']} partitions: {words}")
    return row
