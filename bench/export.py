"""Export and import: how fast, and whether memory stays the same with ten times as much stored.

One worker, so that all exports meet in one process; the client reads, and throws away. What was
exported is imported into an empty database.
"""

import argparse
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from tqdm import tqdm

from bench import results
from bench.fill import fill
from bench.processes import peak_rss_bytes, tree
from bench.results import Row
from bench.service import running, scratch_database, scratch_directory
from service.db import migrate

STORED = 100_000
TIMES = 10  # as much as at first
NAMES = ("events.ndjson", "events.csv", "runs.csv")
READ_BYTES = 2**20
MEGABYTE = 2**20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The section's own flags."""
    parser.add_argument("--stored", type=int, default=STORED, metavar="N", help="events (100000)")


def run(options: argparse.Namespace) -> list[Row]:
    """Measure a service of our own, whatever --url says: only its processes can be seen."""
    rows: list[Row] = []
    with scratch_directory() as directory, scratch_database() as database_url:
        file = directory / NAMES[0]
        migrate.up(database_url)
        with running(database_url, WORKERS="1") as service:
            assert service.pid is not None, "a service of our own has a pid"  # noqa: S101
            first = 0
            for size in (options.stored // TIMES, options.stored):
                fill(database_url, first, size, seed=options.seed)
                rows += [told(row) for row in exports(service.url, service.pid, size, file)]
                first = size
        rows.append(told(imported(file, options.stored)))
    results.store("export", rows)
    return rows


def exports(url: str, pid: int, size: int, file: Path) -> Iterator[Row]:
    """Each export once; the events are left in `file`."""
    for name in NAMES:
        began = time.perf_counter()
        with file.open("wb") if name == NAMES[0] else Path("/dev/null").open("wb") as sink:
            came = sum(map(sink.write, parts(url, f"/api/export/{name}")))
        seconds = time.perf_counter() - began
        yield {
            "what": name,
            "events": size,
            "mb": round(came / MEGABYTE, 1),
            "mb_per_second": round(came / MEGABYTE / seconds, 1),
            "peak_rss_mb": round(max(map(peak_rss_bytes, leaves(pid))) / MEGABYTE, 1),
        }


def parts(url: str, path: str) -> Iterator[bytes]:
    """An answer as it comes; raises IncompleteRead when it is cut short."""
    host = urlsplit(url)
    conn = http.client.HTTPConnection(host.hostname or "", host.port, timeout=60)
    conn.request("GET", path)
    answer = conn.getresponse()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{path}: {answer.status}")
    while part := answer.read(READ_BYTES):
        yield part
    conn.close()


def leaves(pid: int) -> list[psutil.Process]:
    """The workers: the processes of the service that have none below them."""
    return [process for process in tree((pid,)) if not process.children()]


def imported(file: Path, size: int) -> Row:
    """Import the file into an empty database."""
    with scratch_database() as url:
        migrate.up(url)
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "service", "import", str(file)],
            env={**os.environ, "DATABASE_URL": url},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        seconds = time.perf_counter() - began
    megabytes = file.stat().st_size / MEGABYTE
    return {
        "what": "import",
        "events": size,
        "mb": round(megabytes, 1),
        "mb_per_second": round(megabytes / seconds, 1),
    }


def told(row: Row) -> Row:
    """Print a row, and give it back."""
    peak = f", a worker's peak RSS {row['peak_rss_mb']} MB" if "peak_rss_mb" in row else ""
    came = f"{row['mb']} MB, {row['mb_per_second']} MB/s{peak}"
    tqdm.write(f"{row['what']}, {row['events']:,} events: {came}")
    return row
