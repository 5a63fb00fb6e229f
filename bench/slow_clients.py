"""Slow clients: what others wait beside 200 idle connections, 20 bodies and 20 answers at rest.

The others send batches and read on a clock, first alone and then beside the slow ones.
"""

import argparse
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial

from tqdm import tqdm

from bench import results
from bench.live import fresh_bodies
from bench.load import Result, address_of, closed_loop, get, host_of, offered, post
from bench.results import Row
from bench.service import target

IDLE, SLOW_BODIES, SLOW_READERS = 200, 20, 20
BATCH, POSTS_PER_SECOND, GETS_PER_SECOND = 10, 50, 50
CLIENTS = 16  # of each kind, at the most
# What nobody reads must be more than sockets take in: runs, each of 12 events of 0.9 MB.
LONG_EVENTS, LONG_BYTES = 12, 900_000
ANNOUNCED_BYTES = 500_000  # of a body of which one byte comes
QUIET, BESIDE = "alone", "beside slow clients"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The section's own flags."""
    parser.add_argument("--seconds", type=float, default=8, help="for how long, each")


def run(options: argparse.Namespace) -> list[Row]:
    """Measure once alone and once beside: --repeat does nothing here."""
    with target(options.url) as service:
        path = long_answer(service.url, options.seed)
        measured = partial(both, service.url, options)
        rows = measured(QUIET)
        with slow_clients(service.url, path):
            rows += measured(BESIDE)
    for row in rows:
        tqdm.write(line(row))
    results.store("slow-clients", rows)
    return rows


def both(url: str, options: argparse.Namespace, beside: str) -> list[Row]:
    """Offer batches and reads at once."""
    host, seconds = host_of(url), options.seconds
    bodies = fresh_bodies(options.seed, beside, int(POSTS_PER_SECOND * seconds), BATCH)
    loads = {
        "batches of 10": ([post("/api/events", body, host) for body in bodies], POSTS_PER_SECOND),
        "agents": ([get("/api/agents", host)] * int(GETS_PER_SECOND * seconds), GETS_PER_SECOND),
    }
    with ThreadPoolExecutor(len(loads)) as pool:
        running = {
            what: pool.submit(offered, url, requests, per_second, CLIENTS)
            for what, (requests, per_second) in loads.items()
        }
    return [figures(what, beside, found.result()) for what, found in running.items()]


def figures(what: str, beside: str, found: Result) -> Row:
    """What one kind of request came to."""
    return {
        "what": what,
        "beside": beside,
        "p50_ms": found.percentile(0.5),
        "p95_ms": found.percentile(0.95),
        "max_ms": found.percentile(1.0),
        "answered": found.statuses[200],
        "failed": sum(found.statuses.values()) - found.statuses[200],
    }


def long_answer(url: str, seed: int) -> str:
    """Store a run whose timeline is 11 MB; return its path."""
    run_id = f"5107c11e-0000-4000-8000-{seed % 16**12:012x}"
    host, text = host_of(url), "x" * LONG_BYTES
    for number in range(LONG_EVENTS):
        event = (
            f'{{"run_id":"{run_id}","event_id":"{run_id[:-4]}{number:04x}",'
            f'"event_type":"step","agent_name":"slow","timestamp":"2026-01-01T00:00:00Z",'
            f'"data":{{"output":"{text}"}}}}'
        )
        body = f'{{"events":[{event}]}}'.encode()
        closed_loop(url, [post("/api/events", body, host)], 1).accepted(1)
    return f"/api/runs/{run_id}/timeline"


@contextmanager
def slow_clients(url: str, path: str) -> Iterator[None]:
    """Hold the connections of every slow client open, for a block."""
    host = host_of(url)
    begun = post("/api/events", b"{", host).replace(
        b"Content-Length: 1", f"Content-Length: {ANNOUNCED_BYTES}".encode()
    )
    sent = [b""] * IDLE + [begun] * SLOW_BODIES + [get(path, host)] * SLOW_READERS
    with ExitStack() as stack:
        for request in sent:
            connection = stack.enter_context(socket.create_connection(address_of(url), 30))
            connection.sendall(request)
        yield


def line(row: Row) -> str:
    """One kind of request in one line."""
    failed = f"; {row['failed']:,} FAILED" if row["failed"] else ""
    return (
        f"{row['what']}, {row['beside']}: p50 {row['p50_ms']:.1f}, p95 {row['p95_ms']:.1f}, "
        f"at the most {row['max_ms']:.1f} ms{failed}"
    )
