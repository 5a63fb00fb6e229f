"""Ingest over HTTP: python -m bench.ingest [--batch 10] [--clients 32] [--events 200000] [--url …].

Without --url it starts a service of its own. Afterwards every event is counted: acknowledged must
equal stored. Exit code 1 when it does not, or when the rate is below --at-least.
"""

import argparse
import json
import sys
import urllib.request
from contextlib import nullcontext
from urllib.parse import urlsplit

from bench.data import batches
from bench.load import Result, closed_loop, post
from bench.service import scratch_service

PROMISED_EVENTS_PER_SECOND = 10_000


def main(arguments: list[str] | None = None) -> int:
    """Run the bench; return the exit code."""
    options = parse(arguments)
    count = max(1, options.events // options.batch)
    print(f"making {count * options.batch} events …", file=sys.stderr)
    bodies = batches(options.seed, count, options.batch)
    with nullcontext(options.url) if options.url else scratch_service() as url:
        before = stored_events(url)
        result = measure(url, bodies, options.clients)
        stored = stored_events(url) - before
    return report(options, result, sent=count * options.batch, stored=stored)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.ingest", description=__doc__)
    parser.add_argument("--batch", type=int, default=10, help="events per request (10: the SDK's)")
    parser.add_argument("--clients", type=int, default=32, help="requests under way at a time")
    parser.add_argument("--events", type=int, default=200_000, help="events in all")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same events")
    parser.add_argument("--url", help="a running service (its database must not hold these events)")
    parser.add_argument(
        "--at-least",
        type=int,
        default=PROMISED_EVENTS_PER_SECOND,
        help="events per second below which the exit code is 1",
    )
    return parser.parse_args(arguments)


def measure(url: str, bodies: list[bytes], clients: int) -> Result:
    """Send every body, `clients` at a time."""
    address = urlsplit(url)
    if address.hostname is None or address.port is None:
        raise SystemExit(f"--url {url}: expected http://host:port")
    requests = [post("/api/events", body, address.netloc) for body in bodies]
    return closed_loop(address.hostname, address.port, requests, clients)


def stored_events(url: str) -> int:
    """How many events the service holds, by its own count."""
    with urllib.request.urlopen(f"{url}/api/agents") as answer:  # noqa: S310 -- our own address
        return sum(agent["total_events"] for agent in json.load(answer))


def report(options: argparse.Namespace, result: Result, sent: int, stored: int) -> int:
    """Print what was measured; return the exit code."""
    rate = sent / result.seconds
    print(
        f"batches of {options.batch}, {options.clients} clients: {rate:,.0f} events/s, "
        f"p50 {result.percentile(0.5):.1f} ms, p95 {result.percentile(0.95):.1f} ms, "
        f"p99 {result.percentile(0.99):.1f} ms; client {result.cpu_seconds / result.seconds:.0%} "
        f"of a core; answers {dict(result.statuses)}; {stored:,} of {sent:,} stored"
    )
    if stored != sent:
        print("FAILED: acknowledged is not stored")
    if rate < options.at_least:
        print(f"FAILED: below {options.at_least:,} events/s")
    return 0 if stored == sent and rate >= options.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
