"""Ingest offered on a clock: how long requests take at a stated rate, whatever the service does.

Each request is due at a moment. One that finds every connection busy waits, and the wait counts
(coordinated omission). What is refused (503) is not sent again, and counted.
"""

import argparse
from functools import partial

from tqdm import tqdm

from bench import results
from bench.load import host_of, offered, post
from bench.measured import measure, warning
from bench.results import Row
from bench.service import target
from bench.traffic import bodies

PERCENTILES = (0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The section's own flags."""
    parser.add_argument("--rate", type=int, default=10_000, help="events per second")
    parser.add_argument("--batch", type=int, default=10, help="events in a request")
    parser.add_argument("--seconds", type=float, default=60, help="for how long")
    parser.add_argument("--clients", type=int, default=32, help="connections, at the most")


def run(options: argparse.Namespace) -> list[Row]:
    """Offer the load once: --repeat does nothing here."""
    per_second = options.rate / options.batch
    count = max(1, round(per_second * options.seconds))
    with target(options.url) as service:
        host = host_of(service.url)
        requests = (
            post("/api/events", body, host)
            for body in bodies(options.seed, count, options.batch, options.real)
        )
        load = partial(offered, service.url, requests, per_second, options.clients)
        tqdm.write(f"offering {options.rate:,} events/s for {options.seconds:.0f} s")
        found = measure(service, load, sent=count * options.batch)
    row: Row = {
        "offered_per_second": options.rate,
        "batch": options.batch,
        "clients": options.clients,
        "seconds": options.seconds,
        "real": int(options.real),
        **found.row(),
        **(found.own_row() if service.pid else {}),
        "max_ms": found.result.percentile(1.0),
        **{f"at_{share}_ms": found.result.percentile(share) for share in PERCENTILES},
    }
    rows = [{name: rounded(figure) for name, figure in row.items()}]
    tqdm.write(line(rows[0]))
    results.store("offered", rows)
    return rows


def rounded(figure: float | int | str) -> float | int | str:
    """Four places are more than is known."""
    return round(figure, 4) if isinstance(figure, float) else figure


def line(row: Row) -> str:
    """The run in one line."""
    return (
        f"{row['offered_per_second']:,} events/s offered in batches of {row['batch']}: "
        f"{row['rate_per_second']:,.0f}/s stored; p50 {row['p50_ms']:.1f}, "
        f"p95 {row['p95_ms']:.1f}, p99 {row['p99_ms']:.1f}, at the most {row['max_ms']:.1f} ms; "
        f"{row['refused']:,} requests refused" + warning(row)
    )
