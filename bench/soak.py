"""Soak: an hour of mixed load on a service of its own; what its processes hold must not grow.

Batches small and large, spans, reads, searches, tails, exports, refused bodies, wrong keys, slow
clients, deleted runs: each kind on a clock, at a rate that leaves the machine room. At the end
every acknowledged event is counted, and verify recounts all metrics.
"""

import argparse
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tqdm import tqdm

from bench import results
from bench.processes import postmaster_of
from bench.results import Row
from bench.service import Service, scratch_database, scratch_directory, started
from bench.soaking import readers, writers
from bench.soaking.connection import Connection, Request
from bench.soaking.holdings import BACKENDS, sample, workers
from bench.soaking.ledger import Ledger, statuses
from bench.soaking.readers import Turn
from bench.soaking.trend import Sample, figures, kind_rows, process_rows
from service.auth.key_admin import create
from service.auth.scopes import Scope
from service.db import migrate
from service.metrics.verify import verify

MINUTES, MOST_MINUTES = 60, 720
SAMPLE_SECONDS, MINUTE_SECONDS = 10.0, 60.0
END_SECONDS = 120.0  # for what is under way at the end
MEGABYTE = 2**20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The section's own flags."""
    parser.add_argument(
        "--minutes", type=minutes, default=MINUTES, help=f"how long (60; at most {MOST_MINUTES})"
    )


def minutes(text: str) -> float:
    """Read a number of minutes."""
    number = float(text)
    if not 0 < number <= MOST_MINUTES:
        raise argparse.ArgumentTypeError(f"between 0 and {MOST_MINUTES}")
    return number


def run(options: argparse.Namespace) -> list[Row]:
    """Soak a service of our own, whatever --url says: only its processes can be seen."""
    with scratch_directory() as directory, scratch_database() as database_url:
        migrate.up(database_url)
        keys = {scope: create(database_url, f"soak {scope}", scope, None) for scope in Scope}
        log = directory / "service.log"
        with log.open("wb") as file, started(database_url, {}, file) as service:
            soak = Soak(service, keys, options.seed, options.minutes)
            rows = soak.run()
        rows[-1]["differences"] = len(verify(database_url))
        rows[-1]["log_mb"] = round(log.stat().st_size / MEGABYTE, 1)
    tqdm.write(line_of_all(rows[-1]))
    results.store("soak", rows)
    return rows


@dataclass
class Soak:
    """One soak: its clients, its ledger and its samples."""

    service: Service
    keys: dict[Scope, str]
    seed: int
    minutes: float
    ledger: Ledger = field(default_factory=Ledger)
    samples: list[Sample] = field(default_factory=list)

    def run(self) -> list[Row]:
        """Load the service for so long; return a row for each minute, process and kind, and all."""
        pid = self.service.pid
        assert pid is not None, "a service of our own has a pid"  # noqa: S101
        first = {worker.pid for worker in workers(pid)}
        with self._clients():
            rows = list(self._minutes(pid))
        seconds = self.minutes * MINUTE_SECONDS
        rows += process_rows(self.samples, seconds)
        rows += kind_rows(self.ledger.answers, seconds)
        replaced = len(first - {worker.pid for worker in workers(pid)})
        return [*rows, self._all(replaced)]

    @contextmanager
    def _clients(self) -> Iterator[None]:
        """Run every client in a thread of its own, for a block."""
        threads = [
            threading.Thread(target=keep_on, args=(self.ledger, every, turn), daemon=True)
            for every, turn in self._kinds()
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.ledger.stopped.set()
            until = time.monotonic() + END_SECONDS
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))

    def _kinds(self) -> list[tuple[float, Turn]]:
        """Every client's turn, and the seconds from one to the next."""
        ledger, seed = self.ledger, self.seed
        return [
            (0.1, writers.batches(self._connection(Scope.INGEST), ledger, seed, 10)),
            (10.0, writers.batches(self._connection(Scope.INGEST), ledger, seed, 1_000)),
            (0.5, writers.otlp(self._connection(Scope.INGEST), ledger, seed)),
            (3.0, writers.bad_bodies(self._connection(Scope.INGEST))),
            (5.0, writers.deletes(self._connection(Scope.ADMIN), ledger, seed)),
            (0.1, readers.main_paths(self._connection(Scope.READ))),
            (1.0, readers.searches(self._connection(Scope.READ))),
            (10.0, readers.exports(self._connection(Scope.READ))),
            (2.0, readers.tails(self._connection(Scope.READ), ledger)),
            (3.0, readers.wrong_keys(Connection(self.service.url, "gati_read_wrong", ledger))),
            (30.0, readers.slow(self.service.url, self.keys[Scope.ADMIN], ledger)),
        ]

    def _connection(self, scope: Scope) -> Connection:
        return Connection(self.service.url, self.keys[scope], self.ledger)

    def _minutes(self, pid: int) -> Iterator[Row]:
        """Sample until the end; give the rows of each minute."""
        assert self.service.database_url is not None  # noqa: S101 -- it is our own
        postmaster = postmaster_of(self.service.database_url)
        end, begun = self.minutes * MINUTE_SECONDS, 0.0
        while begun < end:
            until = min(begun + MINUTE_SECONDS, end)
            while (left := until - self.ledger.elapsed()) > 0:
                time.sleep(min(left, SAMPLE_SECONDS))
                self.samples.append((self.ledger.elapsed(), sample(pid, postmaster)))
            yield from self._minute(begun, until)
            begun = until

    def _minute(self, begun: float, until: float) -> Iterator[Row]:
        """Rows of a minute: each process, and each kind; prints a line."""
        minute = round(until / MINUTE_SECONDS, 2)
        answers = self.ledger.between(begun, until)
        held = self.samples[-1][1]
        for one in held.values():
            yield {
                "minute": minute,
                "process": one.process,
                "memory_mb": round(one.memory_mb, 1),
                "descriptors": one.descriptors,
            }
        for kind in sorted({answer.kind for answer in answers}):
            own = [answer for answer in answers if answer.kind == kind]
            yield {"minute": minute, "kind": kind, **figures(own)}
        found = figures(answers)
        service = [one for name, one in held.items() if not name.startswith("PostgreSQL")]
        tqdm.write(
            f"minute {minute:g} of {self.minutes:g}: {len(answers):,} answers, "
            f"p50 {found['p50_ms']} p99 {found['p99_ms']} ms, {found['refused']} refused, "
            f"{found['failed']} failed ({statuses(answers) or 'none'}); "
            + ", ".join(f"{one.process} {one.memory_mb:.0f} MB" for one in service)
            + f", largest backend {held[BACKENDS].memory_mb:.0f} MB; "
            + f"at most {max(one.descriptors for one in held.values())} descriptors in a process"
        )

    def _all(self, replaced: int) -> Row:
        """What the whole soak came to, once its last answers are in."""
        stored = self._stored()
        expected = self.ledger.acknowledged - self.ledger.deleted
        return {
            "what": "all",
            **figures(self.ledger.answers),
            "acknowledged": self.ledger.acknowledged,
            "deleted": self.ledger.deleted,
            "stored": stored,
            "lost": abs(expected - stored),
            "workers_replaced": replaced,
        }

    def _stored(self) -> int:
        """How many events the service holds, by its own exact count."""
        _, body = self._connection(Scope.READ).ask(Request("count", "/api/metrics/summary"))
        return int(json.loads(body)["total_events"])


def keep_on(ledger: Ledger, every: float, turn: Turn) -> None:
    """Take turns on a clock until the soak ends; what came too late is left out."""
    due = time.monotonic()
    while not ledger.stopped.wait(max(0.0, due - time.monotonic())):
        turn()
        due = max(due + every, time.monotonic())


def line_of_all(row: Row) -> str:
    """The whole soak in one line."""
    return (
        f"{row['answered']:,} answered, {row['refused']:,} refused, {row['failed']:,} failed; "
        f"{row['acknowledged']:,} events acknowledged, {row['deleted']:,} deleted, "
        f"{row['stored']:,} stored; verify: {row['differences']} differences; "
        f"{row['workers_replaced']} workers replaced; a log of {row['log_mb']} MB"
    )
