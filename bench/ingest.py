"""Ingest over HTTP, closed loop, beside the yardstick: python -m bench.ingest.

Every case has a service and a database of its own; afterwards every event is counted: acknowledged
must equal stored. With --url a running service is measured, without the yardstick. Exit code 1 when
an event is missing, or a limit is not kept.
"""

import argparse
import json
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tqdm import tqdm

from bench.data import batches
from bench.load import Result, closed_loop, post
from bench.service import running, scratch_database
from bench.yardstick import raw_copy

PROMISED_EVENTS_PER_SECOND = 10_000
# Share of raw COPY from one connection in the same run: (batch, clients) -> at least.
LIMITS = {(10, 32): 0.16, (100, 8): 0.33, (100, 32): 0.43, (1_000, 4): 0.55, (10_000, 4): 0.60}
P95_MS = {(10, 32): 60.0}
YARDSTICK_EVENTS = 100_000
REPORT = Path(__file__).parent / "report" / "ingest.json"


@dataclass
class Figures:
    """What was measured of one case; rates in events per second, latencies in milliseconds."""

    batch: int
    clients: int
    rate: float
    p50: float
    p95: float
    p99: float
    client_share: float  # of one core, which the load generator took
    sent: int
    stored: int
    raw: float = 0.0  # raw COPY of the same rows, one connection
    raw_two: float = 0.0  # two

    @property
    def ratio(self) -> float:
        """The share of raw COPY; 0 where that was not measured."""
        return self.rate / self.raw if self.raw else 0.0


def main(arguments: list[str] | None = None) -> int:
    """Run the bench; return the exit code."""
    options = parse(arguments)
    cases = options.cases or [
        (batch, clients) for batch in options.batch for clients in options.clients
    ]
    found = []
    for number, (batch, clients) in enumerate(tqdm(cases, disable=None, leave=False)):
        found.append(measure(options, batch, clients, options.seed + number))
        tqdm.write(line(found[-1]))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps([asdict(figures) for figures in found], indent=1))
    return report(found, options.at_least)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line; without --batch and --clients, the cases that have limits."""
    parser = argparse.ArgumentParser(prog="python -m bench.ingest", description=__doc__)
    parser.add_argument("--batch", type=numbers, help="events per request, such as 10,100,1000")
    parser.add_argument("--clients", type=numbers, help="requests under way, such as 1,8,32")
    parser.add_argument("--events", type=int, default=100_000, help="events in each case")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same events")
    parser.add_argument("--url", help="a running service (its database must not hold these events)")
    parser.add_argument(
        "--at-least",
        type=int,
        default=PROMISED_EVENTS_PER_SECOND,
        help="events per second below which the exit code is 1",
    )
    options = parser.parse_args(arguments)
    options.cases = list(LIMITS) if options.batch is None and options.clients is None else []
    options.batch, options.clients = options.batch or [10], options.clients or [32]
    return options


def numbers(text: str) -> list[int]:
    """Whole numbers, separated by commas."""
    return [int(word) for word in text.split(",")]


def measure(options: argparse.Namespace, batch: int, clients: int, seed: int) -> Figures:
    """One case, on a service of its own, and its yardstick."""
    bodies = batches(seed, max(1, options.events // batch), batch)
    with target(options.url) as (url, database_url):
        before = stored_events(url)
        result = send(url, bodies, clients)
        figures = Figures(
            batch=batch,
            clients=clients,
            rate=len(bodies) * batch / result.seconds,
            p50=result.percentile(0.50),
            p95=result.percentile(0.95),
            p99=result.percentile(0.99),
            client_share=result.cpu_seconds / result.seconds,
            sent=len(bodies) * batch,
            stored=stored_events(url) - before,
        )
        if database_url:
            sample = bodies[: max(1, YARDSTICK_EVENTS // batch)]
            figures.raw = raw_copy(database_url, sample, 1)
            figures.raw_two = raw_copy(database_url, sample, 2)
    return figures


@contextmanager
def target(url: str | None) -> Iterator[tuple[str, str | None]]:
    """The service to measure, and its database where that is the bench's own."""
    if url:
        yield url, None
        return
    with scratch_database() as database_url, running(DATABASE_URL=database_url) as own:
        yield own, database_url


def send(url: str, bodies: list[bytes], clients: int) -> Result:
    """Send every body, `clients` at a time."""
    address = urlsplit(url)
    if address.hostname is None or address.port is None:
        raise SystemExit(f"--url {url}: expected http://host:port")
    requests = [post("/api/events", body, address.netloc) for body in bodies]
    return closed_loop(address.hostname, address.port, requests, clients)


def stored_events(url: str) -> int:
    """How many events the service holds, by its own count."""
    with urllib.request.urlopen(f"{url}/api/metrics/summary") as answer:  # noqa: S310 -- our own
        return int(json.load(answer)["total_events"])


def line(found: Figures) -> str:
    """One case in one line."""
    share = f"{found.ratio:.2f} of raw COPY ({found.raw:,.0f}/s, two connections "
    return (
        f"batches of {found.batch:,}, {found.clients} clients: {found.rate:,.0f} events/s"
        + (f", {share}{found.raw_two:,.0f}/s)" if found.raw else "")
        + f"; p50 {found.p50:.0f} ms, p95 {found.p95:.0f} ms, p99 {found.p99:.0f} ms; "
        f"client {found.client_share:.0%} of a core; {found.stored:,} of {found.sent:,} stored"
    )


def report(found: list[Figures], at_least: int) -> int:
    """Print what was missed, and the summary; return the exit code."""
    failures = [failure for figures in found for failure in missed(figures, at_least)]
    for failure in failures:
        print(f"FAILED: {failure}")
    best = max(figures.rate for figures in found)
    met = "met" if all(figures.rate >= at_least for figures in found) else "NOT MET by all"
    print(f"{at_least:,} events/s: {met}, best × {best / at_least:.1f}")
    return 1 if failures else 0


def missed(found: Figures, at_least: int) -> Iterator[str]:
    """The limits that a case does not keep."""
    case = f"batches of {found.batch:,}, {found.clients} clients"
    if found.stored != found.sent:
        yield f"{case}: {found.sent - found.stored:,} acknowledged events are not stored"
    if found.rate < at_least:
        yield f"{case}: {found.rate:,.0f} events/s, promised are {at_least:,}"
    limit = LIMITS.get((found.batch, found.clients), 0.0)
    if found.raw and found.ratio < limit:
        yield f"{case}: {found.ratio:.2f} of raw COPY, at the least {limit:.2f}"
    longest = P95_MS.get((found.batch, found.clients))
    if longest and found.p95 > longest:
        yield f"{case}: p95 {found.p95:.0f} ms, at the most {longest:.0f}"


if __name__ == "__main__":
    sys.exit(main())
