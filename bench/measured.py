"""One load on one service, and what is read beside it: CPU, WAL, memory, the count of events."""

import json
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.load import Result
from bench.processes import Watch, postmaster_of
from bench.results import Row
from bench.service import Service

MEGABYTE = 2**20
WAL = Path(__file__).parent / "measured" / "wal.sql"
MAX_CLIENT_SHARE = 0.25  # of one core: above, the generator takes from what it measures


@dataclass
class Measured:
    """What a load came to. CPU, WAL and memory are known of a service of the bench's own alone."""

    result: Result
    sent: int
    stored: int
    service_cpu_seconds: float = 0.0
    postgres_cpu_seconds: float = 0.0
    wal_bytes: int = 0  # all that its server wrote from the first request to the last answer
    peak_rss_bytes: int = 0  # of the largest process of the service

    @property
    def lost(self) -> int:
        """Events by which what is stored differs from what was acknowledged, either way."""
        return abs(self.result.acknowledged - self.stored)

    def row(self) -> Row:
        """The figures that every load has."""
        result = self.result
        return {
            "rate_per_second": self.stored / result.seconds,
            "p50_ms": result.percentile(0.50),
            "p95_ms": result.percentile(0.95),
            "p99_ms": result.percentile(0.99),
            "client_share": result.client_share,
            "sent": self.sent,
            "acknowledged": result.acknowledged,
            "stored": self.stored,
            "lost": self.lost,
            "rejected": self.sent - result.acknowledged,
            "refused": result.statuses[503],
            "failed": sum(result.statuses.values()) - result.statuses[200] - result.statuses[503],
            "client_cpu_us_per_event": self.us_per_event(result.cpu_seconds),
        }

    def own_row(self) -> Row:
        """What is known of a service of the bench's own alone."""
        return {
            "service_cpu_us_per_event": self.us_per_event(self.service_cpu_seconds),
            "postgres_cpu_us_per_event": self.us_per_event(self.postgres_cpu_seconds),
            "cpu_us_per_event": self.us_per_event(
                self.service_cpu_seconds + self.postgres_cpu_seconds
            ),
            "wal_bytes_per_event": self.wal_bytes / max(self.stored, 1),
            "peak_rss_mb": self.peak_rss_bytes / MEGABYTE,
        }

    def us_per_event(self, seconds: float) -> float:
        """Seconds of all events as microseconds of one."""
        return 1e6 * seconds / max(self.stored, 1)


def measure(service: Service, load: Callable[[], Result], sent: int) -> Measured:
    """Run the load, of `sent` events; count what came of it."""
    before = stored_events(service.url)
    wal_before = wal_bytes(service)
    with ExitStack() as block:
        own = [block.enter_context(Watch(pid)) for pid in pids(service)]
        result = load()
    wal = wal_bytes(service) - wal_before
    found = Measured(result, sent, stored_events(service.url) - before, wal_bytes=wal)
    if own:
        found.service_cpu_seconds, found.postgres_cpu_seconds = (w.cpu_seconds() for w in own)
        found.peak_rss_bytes = own[0].peak_rss_bytes()
    return found


def pids(service: Service) -> list[int]:
    """The service and its PostgreSQL, where they are the bench's own."""
    if service.pid is None or service.database_url is None:
        return []
    return [service.pid, postmaster_of(service.database_url)]


def wal_bytes(service: Service) -> int:
    """The bytes of WAL that the service's own server has written so far; 0 of any other."""
    if service.database_url is None:
        return 0
    with psycopg.connect(service.database_url) as conn:
        row = conn.execute(WAL.read_bytes()).fetchone()
    assert row is not None, "it is one row"  # noqa: S101
    return int(row[0])


def stored_events(url: str) -> int:
    """How many events the service holds, by its own exact count."""
    with urllib.request.urlopen(f"{url}/api/metrics/summary") as answer:  # noqa: S310 -- our own
        return int(json.load(answer)["total_events"])


def warning(row: Row) -> str:
    """What must be said of a row's generator and losses, at the end of its line."""
    said = ""
    if float(row["client_share"]) > MAX_CLIENT_SHARE:
        said += f"; WARNING: the generator took {row['client_share']:.0%} of a core"
    if row["lost"]:
        said += f"; {row['acknowledged']:,} events acknowledged, {row['stored']:,} STORED"
    if row["failed"]:
        said += f"; {row['failed']:,} requests FAILED"
    return said
