"""Overload: several times what the service can take, offered on a clock.

What it stores meanwhile (goodput) is to stay what it can; what it accepts is to be stored soon, and
what it refuses to be told so at once. Clients here are ruthless: they keep to the clock, and take
no notice of Retry-After.
"""

import argparse
import time
from dataclasses import dataclass
from functools import partial

from tqdm import tqdm

from bench import results
from bench.live import fresh_bodies
from bench.load import closed_loop, host_of, offered, percentile, post
from bench.measured import Measured, measure, warning
from bench.results import Row
from bench.service import Service, target

CAPACITY_SECONDS, CAPACITY_CLIENTS = 3.0, 32
FIRST_GUESS_PER_SECOND = 10_000.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The section's own flags."""
    parser.add_argument("--batch", default="10,1000", help="events in a request")
    parser.add_argument("--times", default="1,2,5,10", help="multiples of what it can take")
    parser.add_argument("--seconds", type=float, default=4, help="for how long, each")
    parser.add_argument("--clients", type=int, default=3000, help="connections, at the most")


def run(options: argparse.Namespace) -> list[Row]:
    """Offer each multiple of the capacity once, for each size of batch."""
    rows: list[Row] = []
    for batch in map(int, options.batch.split(",")):
        with target(options.url) as service:
            rows += curve(Load(service, batch, options.clients, options.seed), options)
    results.store("overload", rows)
    return rows


@dataclass
class Load:
    """What a curve is measured with."""

    service: Service
    batch: int
    clients: int
    seed: int

    def requests(self, count: int) -> list[bytes]:
        """Requests that were never sent before: duplicates would cost less."""
        bodies = fresh_bodies(self.seed, f"overload {time.time_ns()}", count, self.batch)
        return [post("/api/events", body, host_of(self.service.url)) for body in bodies]


def curve(load: Load, options: argparse.Namespace) -> list[Row]:
    """The rows of one size of batch."""
    capacity = find_capacity(load)
    tqdm.write(f"it can take {capacity:,.0f} events/s in batches of {load.batch:,}")
    multiples = [float(times) for times in options.times.split(",")]
    rows = [offer(load, capacity, times, options.seconds) for times in multiples]
    best = max(float(row["rate_per_second"]) for row in rows)
    for row in rows:
        row["ratio_to_best"] = float(row["rate_per_second"]) / best
        tqdm.write(line(row))
    return rows


def find_capacity(load: Load) -> float:
    """Events per second in a closed loop: a short one, then one of CAPACITY_SECONDS."""
    per_second = FIRST_GUESS_PER_SECOND
    for seconds in (0.5, CAPACITY_SECONDS):
        requests = load.requests(int(seconds * per_second / load.batch))
        found = closed_loop(load.service.url, requests, min(load.clients, CAPACITY_CLIENTS))
        found.accepted(len(requests) * load.batch)
        per_second = len(requests) * load.batch / found.seconds
    return per_second


def offer(load: Load, capacity: float, times: float, seconds: float) -> Row:
    """Offer a multiple of the capacity; what came of it."""
    per_second = times * capacity / load.batch
    requests = load.requests(int(seconds * per_second))
    sending = partial(offered, load.service.url, requests, per_second, load.clients)
    found = measure(load.service, sending, sent=len(requests) * load.batch)
    return {
        "times": times,
        "capacity_per_second": capacity,
        "offered_per_second": per_second * load.batch,
        "batch": load.batch,
        "clients": load.clients,
        **found.row(),
        **refusals(found),
    }


def refusals(found: Measured) -> Row:
    """How long refusals took, from the moment at which their request was sent."""
    times = found.result.refusals
    return {
        "refusal_p50_ms": percentile(times, 0.5),
        "refusal_p95_ms": percentile(times, 0.95),
        "sent_per_second": found.sent / found.result.seconds,
    }


def line(row: Row) -> str:
    """One multiple in one line."""
    return (
        f"batches of {row['batch']:,} × {row['times']:g}, "
        f"{row['offered_per_second']:,.0f} events/s offered: "
        f"{row['rate_per_second']:,.0f}/s stored, {row['ratio_to_best']:.2f} of the best; "
        f"accepted: p50 {row['p50_ms']:,.0f}, p95 {row['p95_ms']:,.0f} ms; "
        f"{row['refused']:,} requests refused, p95 {row['refusal_p95_ms']:,.0f} ms" + warning(row)
    )
