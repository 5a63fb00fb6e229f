"""What metrics cost as events grow: python -m bench metrics [--events 100000 1000000 …].

The number of agents, days, types, models and hours stays the same, so every path and the fold have
to take as long at the last size as at the first. Exit code 1 when one of the limits is not kept.
"""

import argparse
import json
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from tqdm import tqdm

from bench.data import events
from bench.load import closed_loop, get, host_of, post
from bench.service import running, scratch_database
from service.db import migrate, partitions
from service.db.queries import Connection, Query
from service.metrics.fold import connect_for_folds, fold
from service.metrics.verify import rebuild

AGENTS, DAYS, EVENTS_PER_RUN = 100, 90, 10
RUNS_PER_STATEMENT = 10_000
REQUESTS = 200
CLIENTS = (1, 8)
FOLDS, DELTAS = 5, 2_000
LEADER_SECONDS = 20.0

FLAT = 1.5  # largest to smallest median, over the sizes
P95_MS = 10.0  # at 8 clients
FOLD_MS = 300.0
LEADER_SHARE = 0.05  # of one core

DIRECTORY = Path(__file__).with_suffix("")
REPORT = Path(__file__).parent / "report" / "metrics_growth.json"
Figures = dict[str, float]


def paths() -> list[str]:
    """Every path of the metrics, as dashboards ask them."""
    week = (datetime.now(UTC) - timedelta(days=6)).date().isoformat()
    agent = "agent%207"
    series = "/api/metrics/timeseries?metric="
    return [
        "/api/agents",
        f"/api/agents/{agent}",
        f"/api/agents/{agent}/metrics",
        "/api/metrics/summary",
        "/api/metrics/cost-timeline?days=30",
        "/api/metrics/tokens-timeline?days=365",
        "/api/metrics/agents-comparison",
        f"{series}cost",
        f"{series}cost&group_by=model",
        f"{series}cost&group_by=agent",
        f"{series}cost&agent={agent}&group_by=event_type",
        f"{series}latency_p95",
        f"{series}latency_p95&group_by=model",
        f"{series}events&interval=hour",
        f"{series}events&interval=hour&agent={agent}&from={week}",
        f"{series}latency_p95&interval=hour&tz=Europe/Paris",
        f"{series}cost&tz=Asia/Kathmandu&agent={agent}",
        "/api/metrics/models",
        f"/api/metrics/models?from={week}",
        f"/api/metrics/models?agent={agent}",
        "/api/metrics/latency",
        f"/api/metrics/latency?from={week}",
        f"/api/metrics/latency?agent={agent}",
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run the bench; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench metrics", description=__doc__)
    parser.add_argument(
        "--events", type=int, nargs="+", default=[100_000, 1_000_000, 5_000_000], metavar="N"
    )
    sizes = sorted(parser.parse_args(arguments).events)
    found: dict[int, Figures] = {}
    with scratch_database() as database_url:
        migrate.up(database_url)
        partitions.ensure_partitions(database_url)
        stored = 0
        for size in sizes:
            fill(database_url, stored, size)
            stored = size
            found[size] = measure(database_url)
            REPORT.parent.mkdir(exist_ok=True)
            REPORT.write_text(json.dumps(found, indent=1))  # what there is, should it be stopped
    return report(found)


def fill(url: str, first: int, last: int) -> None:
    """Store events from number `first` to `last` - 1, and count them into the metrics."""
    began = time.monotonic()
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as conn:
        run(conn, "agents", agents=AGENTS)
        starts = range(first // EVENTS_PER_RUN, last // EVENTS_PER_RUN, RUNS_PER_STATEMENT)
        for start in tqdm(starts, desc=f"storing {last:,} events", disable=None, leave=False):
            end = min(start + RUNS_PER_STATEMENT, last // EVENTS_PER_RUN)
            bounds = {"first": start, "last": end, "agents": AGENTS, "days": DAYS}
            run(conn, "runs", **bounds)
            run(conn, "events", **bounds)
        stored = time.monotonic()
        with connect_for_folds(url) as refresher:
            rebuild(refresher)
        rebuilt = time.monotonic()
        run(conn, "vacuum")
    print(f"{last:,} events: stored in {stored - began:.0f} s, counted in {rebuilt - stored:.0f} s")


def run(conn: Connection, name: str, **params: Any) -> None:
    """Run one of the bench's own statements."""
    Query(f"metrics_growth.{name}", (DIRECTORY / f"{name}.sql").read_text())(conn, **params)


def measure(database_url: str) -> Figures:
    """Every path, the fold, and what the leader takes while events trickle in."""
    figures: Figures = {}
    # Without a leader: it would fold in the middle of a measurement.
    with running(database_url, REFRESH_INTERVAL_SECONDS="0") as service:
        for path in tqdm(paths(), desc="reading", disable=None, leave=False):
            for clients in CLIENTS:
                requests = [get(path, host_of(service.url))] * REQUESTS
                closed_loop(service.url, requests[:20], clients)
                result = closed_loop(service.url, requests, clients)
                assert set(result.statuses) == {200}, (path, result.statuses)  # noqa: S101
                figures[f"{path} p50 {clients}"] = result.percentile(0.5)
                figures[f"{path} p95 {clients}"] = result.percentile(0.95)
        figures["fold"] = time_folds(database_url, service.url)
    with running(database_url, REFRESH_INTERVAL_SECONDS="5") as service:
        figures["leader"] = leader_share(database_url, service.url)
    return figures


def time_folds(database_url: str, url: str) -> float:
    """The median time, in milliseconds, of folds of what 2,000 events leave behind."""
    source = events(seed=time.time_ns())
    seconds = []
    with connect_for_folds(database_url) as conn:
        for _ in range(FOLDS):
            send(url, list(islice(source, DELTAS)))
            seconds.append(fold(conn).seconds)
    return 1000 * statistics.median(seconds)


def leader_share(database_url: str, url: str) -> float:
    """The share of one core that the leader's connection takes while events trickle in."""
    with trickle(url), psycopg.connect(database_url, row_factory=dict_row) as conn:
        time.sleep(5)  # the leader is chosen, and has folded once
        row = conn.execute(LEADER).fetchone()
        assert row is not None, "the service has a leader"  # noqa: S101
        before = cpu_seconds(row["pid"])
        time.sleep(LEADER_SECONDS)
        return (cpu_seconds(row["pid"]) - before) / LEADER_SECONDS


LEADER = """
SELECT pid FROM pg_stat_activity WHERE application_name = 'gati-backend refresh'
 ORDER BY state_change DESC LIMIT 1
"""


def cpu_seconds(pid: int) -> float:
    """The processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@contextmanager
def trickle(url: str) -> Iterator[None]:
    """Send 10 events ten times a second, for a block."""
    done = threading.Event()
    source = events(seed=time.time_ns())

    def work() -> None:
        while not done.wait(0.1):
            send(url, list(islice(source, 10)))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def send(url: str, batch: list[dict[str, Any]]) -> None:
    """POST a batch."""
    body = json.dumps({"events": batch}).encode()
    closed_loop(url, [post("/api/events", body, host_of(url))], 1)


def report(found: dict[int, Figures]) -> int:
    """Print the table and what was missed; return the exit code."""
    sizes = list(found)
    failures: list[str] = []
    print("\n" + f"{'milliseconds':62}" + "".join(f"{size:>12,}" for size in sizes) + "   flat")
    for name in found[sizes[0]]:
        values = [found[size][name] for size in sizes]
        flat = max(values) / min(values) if min(values) else 1.0
        print(f"{name:62}" + "".join(f"{value:12.3f}" for value in values) + f"{flat:7.2f}")
        if name.endswith("p50 1") and flat > FLAT:
            failures.append(f"{name}: {flat:.2f} times as long, at the most {FLAT}")
        if name.endswith("p95 8") and max(values) > P95_MS:
            failures.append(f"{name}: {max(values):.1f} ms, at the most {P95_MS:.0f}")
        if name == "fold" and max(values) > FOLD_MS:
            failures.append(f"fold and refresh: {max(values):.0f} ms, at the most {FOLD_MS:.0f}")
        if name == "leader" and max(values) > LEADER_SHARE:
            failures.append(f"leader: {max(values):.0%} of a core, at the most {LEADER_SHARE:.0%}")
    print("\n".join(f"FAILED: {failure}" for failure in failures) or "all limits kept")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
