"""Reads of a filled store: every path, at 1 and 8 clients, over kept and new connections.

The main paths are then read again while events come in at half of what the service can take. An
answer that is neither 200 nor a refusal (429, 503) ends the bench; what was refused is sent again.

Percentiles are of one run of each case; --repeat is for rates.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice

from tqdm import tqdm

from bench import results
from bench.fill import fill
from bench.generator import REFUSED
from bench.halfload import HalfLoad
from bench.load import Result, closed_loop, get, host_of
from bench.measured import stored_events
from bench.paths import Path, all_paths, find_targets
from bench.results import Row
from bench.service import running, scratch_database
from service.db import migrate

CLIENTS = (1, 8)
PROBES = 8
REQUESTS = (24, 1_500)  # of a case, at the least and the most


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The section's own flags."""
    parser.add_argument(
        "--stored", type=int, default=1_000_000, help="events in the store that is read"
    )
    parser.add_argument(
        "--case-seconds", type=float, default=0.4, help="how long each case is measured, about"
    )
    parser.add_argument(
        "--main", action="store_true", help="the main paths alone, and none beside ingest"
    )


def run(options: argparse.Namespace) -> list[Row]:
    """Measure every path, then the main ones beside ingest."""
    with filled_service(options) as url:
        if options.url:
            options.stored = stored_events(url)
        paths = all_paths(find_targets(url, options.seed))
        if options.main:
            paths = [path for path in paths if path.is_main]
        rows = quiet(url, paths, options)
        if not options.main:
            rows += beside_ingest(url, paths, options, rows)
    results.store("reads", rows)
    return rows


@contextmanager
def filled_service(options: argparse.Namespace) -> Iterator[str]:
    """The service at --url as it is, or one of our own with --stored events."""
    if options.url:
        yield options.url
        return
    with scratch_database() as database_url:
        migrate.up(database_url)
        fill(database_url, 0, options.stored, seed=options.seed)
        with running(database_url) as service:
            yield service.url


def quiet(url: str, paths: list[Path], options: argparse.Namespace) -> list[Row]:
    """Every path, with nothing else going on."""
    rows = []
    for path in tqdm(paths, desc="reading", disable=None, leave=False):
        seconds = probe(url, path)
        for clients in CLIENTS:
            for keep_alive in (True, False):
                count = requests_within(options.case_seconds, seconds)
                result = read(url, path, count, clients, keep_alive)
                rows.append(row(options.stored, path, clients, keep_alive, result))
                tell(rows[-1])
    return rows


def beside_ingest(
    url: str, paths: list[Path], options: argparse.Namespace, quiet_rows: list[Row]
) -> list[Row]:
    """The main paths while events come in, each beside its quiet figure."""
    rows = []
    load = HalfLoad(url, options.seed)
    for path in tqdm([path for path in paths if path.is_main], disable=None, leave=False):
        seconds = probe(url, path)
        for clients in CLIENTS:
            count = requests_within(options.case_seconds, seconds)
            result = load.beside(lambda n: read(url, path, n, clients), count)  # noqa: B023 -- called at once
            before = find(quiet_rows, path.name, clients)
            rows.append(row(options.stored, path, clients, True, result, before=before))
            rows[-1]["ingest_per_second"] = round(load.events_per_second)
            tell(rows[-1])
    return rows


def probe(url: str, path: Path) -> float:
    """Warm the path up; return the seconds that a request takes one client."""
    result = read(url, path, PROBES, 1)
    return result.seconds / PROBES


def requests_within(seconds: float, each_seconds: float) -> int:
    """How many requests take about so long."""
    fewest, most = REQUESTS
    return min(max(int(1.5 * seconds / each_seconds), fewest), most)


def read(url: str, path: Path, count: int, clients: int, keep_alive: bool = True) -> Result:
    """Send so many requests of a path.

    Refused ones are sent again, and counted. Raises RuntimeError for an answer that is no 200.
    """
    requests = [get(address, host_of(url)) for address in islice(cycle(path.addresses), count)]
    result = closed_loop(url, requests, clients, keep_alive)
    if set(result.statuses) - REFUSED != {200}:
        raise RuntimeError(f"{path.name}: answered {dict(result.statuses)}")
    return result


def row(
    events: int,
    path: Path,
    clients: int,
    keep_alive: bool,
    result: Result,
    *,
    before: Row | None = None,
) -> Row:
    """The figures of one case; `before` are those of the quiet one, where ingest runs beside."""
    figures: Row = {
        "events": events,
        "path": path.name,
        "clients": clients,
        "keep_alive": int(keep_alive),
        "while_ingesting": int(before is not None),
        "requests": len(result.latencies),
        "refused": len(result.refusals),
        "p50_ms": round(result.percentile(0.50), 3),
        "p95_ms": round(result.percentile(0.95), 3),
        "p99_ms": round(result.percentile(0.99), 3),
    }
    if before is not None:
        figures["ratio_to_quiet"] = round(float(figures["p95_ms"]) / float(before["p95_ms"]), 2)
    return figures


def find(rows: list[Row], path: str, clients: int) -> Row:
    """The quiet figures of a path over kept connections."""
    return next(
        row
        for row in rows
        if row["path"] == path and row["clients"] == clients and row["keep_alive"]
    )


def tell(row: Row) -> None:
    """Print one case in one line."""
    tqdm.write(
        f"{row['path']}, {row['clients']} client{'s' if row['clients'] != 1 else ''}"
        f"{'' if row['keep_alive'] else ', new connections'}: p50 {row['p50_ms']:.1f} ms, "
        f"p95 {row['p95_ms']:.1f} ms, p99 {row['p99_ms']:.1f} ms"
        + (f"; {row['refused']} refused at first" if row["refused"] else "")
        + (
            f"; while {row['ingest_per_second']:,} events/s come in, {row['ratio_to_quiet']} times "
            "the quiet p95"
            if row["while_ingesting"]
            else ""
        )
    )
