"""The writer of a worker: a thread with a connection of its own.

It takes everything that waits at the moment into one transaction, then answers each request its
own counts. No delay is added: while one transaction runs, the next gathers, and before it begins,
what has arrived already is let in.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout

import psycopg

from service.core.clock import Today
from service.core.cooperative import let_requests_in
from service.db.queries import Connection
from service.ingest.rows import EventRow
from service.prices.price_list import CurrentPrices
from service.telemetry import metrics
from service.telemetry.logging import reason
from service.writer.lock_backoff import LockBackoff
from service.writer.run_changes import RetryTransaction
from service.writer.throughput import ThroughputEstimate
from service.writer.transaction import Counts, Transaction

GATHERED_EVENTS = 2_000  # one transaction of small requests: about 0.1 s
LARGE_REQUEST_EVENTS = 2_000  # from here on a request has a transaction of its own
# Beyond this, requests are refused before their bodies are read. Those let in wait as long again to
# be read, in a worker that is busy, and for the transaction that runs: 2 s at the most, of 95 %.
LONGEST_WAIT_SECONDS = 0.5
ALWAYS_LET_IN = 8  # requests in one worker; few large batches are no overload
ANSWER_TIMEOUT_SECONDS = 30.0
ATTEMPTS = 10  # over about half a second
FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS = 0.005, 0.2

# deadlock, serialization failure, unique and foreign key violation: of a world that moved meanwhile
TRANSIENT = frozenset({"40P01", "40001", "23505", "23503"})

log = logging.getLogger(__name__)


class Overloaded(Exception):
    """Too much waits, or no answer came in time: not now, send it again."""


class WriteRequest:
    """One request's rows, and the future that its thread waits on."""

    def __init__(self, rows: list[EventRow], ahead: int) -> None:
        """`ahead` events have to be stored before."""
        self.rows = rows
        self.ahead = ahead
        self.since = time.monotonic()
        self.done: Future[Counts] = Future()


class GroupCommitWriter:
    """Stores what many requests hand in, from one thread (under gevent, one greenlet)."""

    def __init__(self, connect: Callable[[], Connection], today: Today, environment: str) -> None:
        """`connect` opens the writer's own connection; `environment` is the service's."""
        self._connect = connect
        self._today = today
        self._environment = environment
        self._prices = CurrentPrices()
        self._conn: Connection | None = None
        self._small: deque[WriteRequest] = deque()
        self._large: deque[WriteRequest] = deque()
        self._unfinished_events = 0
        self._unfinished_requests = 0
        self._pace = ThroughputEstimate()
        self._large_is_next = False
        self._locks = LockBackoff()
        self._closed = False
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None

    def has_room(self) -> bool:
        """Whether what waits already will be stored soon enough for one more to wait behind it."""
        return (
            self._unfinished_requests < ALWAYS_LET_IN
            or self._pace.seconds(self._unfinished_events) <= LONGEST_WAIT_SECONDS
        )

    @property
    def waiting(self) -> tuple[int, int]:
        """How many events, of how many requests, wait or are being stored."""
        return self._unfinished_events, self._unfinished_requests

    @property
    def is_connected(self) -> bool:
        """Whether it has a connection; it opens one for the first events, and after an error."""
        conn = self._conn
        return conn is not None and not conn.closed

    def store(self, rows: list[EventRow]) -> Counts:
        """Store the rows durably and return their counts; blocks until they are committed.

        Raises Overloaded when too much waits, and what psycopg raises when the database is away.
        """
        with self._wake:
            if self._closed:
                raise Overloaded("The service is stopping.")
            job = WriteRequest(rows, self._unfinished_events)
            self._unfinished_events += len(rows)
            self._unfinished_requests += 1
            (self._large if len(rows) >= LARGE_REQUEST_EVENTS else self._small).append(job)
            self._keep_thread()
            self._wake.notify()
        try:
            return job.done.result(ANSWER_TIMEOUT_SECONDS)
        except FutureTimeout:
            raise Overloaded("The events were not stored in time.") from None

    def close(self) -> None:
        """Store what waits, then end the thread and its connection."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()

    def _keep_thread(self) -> None:
        """Start the thread, also in place of one that died."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while jobs := self._gather():
            try:
                self._store_all(jobs)
            except BaseException as error:
                self._discard_connection()
                for job in jobs:
                    if not job.done.done():
                        job.done.set_exception(error)
            self._finish(jobs)
        self._discard_connection()

    def _finish(self, jobs: list[WriteRequest]) -> None:
        """Count the jobs as done, and learn from the one that had the most to wait for."""
        last = max(jobs, key=lambda job: job.ahead)
        with self._wake:
            self._pace.learn(last.ahead + len(last.rows), time.monotonic() - last.since)
            self._unfinished_events -= sum(len(job.rows) for job in jobs)
            self._unfinished_requests -= len(jobs)

    def _gather(self) -> list[WriteRequest]:
        """Wait for work and take it: all small requests up to a bound, or one large, by turns."""
        with self._wake:
            while not (self._small or self._large or self._closed):
                self._wake.wait()
        let_requests_in()
        with self._wake:
            if self._large and (self._large_is_next or not self._small):
                jobs = [self._large.popleft()]
                self._large_is_next = False
            else:
                jobs = self._take_small()
                self._large_is_next = True
            return jobs

    def _take_small(self) -> list[WriteRequest]:
        jobs: list[WriteRequest] = []
        events = 0
        while self._small and events < GATHERED_EVENTS:
            jobs.append(self._small.popleft())
            events += len(jobs[-1].rows)
        return jobs

    def _store_all(self, jobs: list[WriteRequest]) -> None:
        """Store the jobs together; where that fails, each alone, so that none hurts another."""
        try:
            self._answer(jobs, self._store_with_retries(jobs))
        except (psycopg.Error, Overloaded) as error:
            if len(jobs) == 1 or self._conn is None or self._conn.closed:
                if isinstance(error, psycopg.errors.LockNotAvailable):
                    self._count_lock(jobs)
                raise
            log.warning(
                "a transaction of %d requests failed (%s); each is tried alone",
                len(jobs),
                getattr(error, "sqlstate", None) or reason(error),
            )
            self._store_each(jobs)

    def _store_each(self, jobs: list[WriteRequest]) -> None:
        """Store each job alone, until a second one waits in vain for a lock."""
        for job in jobs:
            try:
                self._answer([job], self._store_with_retries([job]))
            except psycopg.errors.LockNotAvailable as error:
                if self._count_lock(jobs):
                    raise
                job.done.set_exception(error)
            except psycopg.OperationalError:
                raise
            except (psycopg.Error, Overloaded) as error:
                job.done.set_exception(error)

    def _count_lock(self, jobs: list[WriteRequest]) -> bool:
        """Note that a job met a lock; once nothing gets through, whatever waits joins `jobs`."""
        if not self._locks.nothing_gets_through():
            return False
        with self._wake:
            waiting = [*self._small, *self._large]
            self._small.clear()
            self._large.clear()
        jobs += waiting
        return True

    def _answer(self, jobs: list[WriteRequest], counts: list[Counts]) -> None:
        self._locks.note_success()
        for job, count in zip(jobs, counts, strict=True):
            job.done.set_result(count)

    def _store_with_retries(self, jobs: list[WriteRequest]) -> list[Counts]:
        """Store the jobs in one transaction, again while what stands in the way is passing."""
        agents: frozenset[str] = frozenset()
        for attempt in range(ATTEMPTS):
            conn = self._connection()
            try:
                self._locks.prepare(conn)
                began = time.monotonic()
                counts = Transaction(
                    conn,
                    [job.rows for job in jobs],
                    self._today(),
                    self._environment,
                    self._prices,
                    agents_to_lock=agents,
                ).run()
                metrics.count_transaction(
                    sum(len(job.rows) for job in jobs), time.monotonic() - began
                )
                return counts
            except RetryTransaction as again:
                conn.rollback()
                agents |= again.agents
                log.info("transaction again: %s", again)
            except psycopg.Error as error:
                self._locks.note_failure(error)
                self._recover(conn, error)
                if attempt and isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
                    raise  # the new connection leads to no primary either: 503, until there is one
                if not (conn.closed or error.sqlstate in TRANSIENT):
                    raise
                log.info("transaction again after %s", error.sqlstate or "a lost connection")
            metrics.TRANSACTION_RETRIES.inc()
            backoff = min(FIRST_BACKOFF_SECONDS * 2**attempt, LONGEST_BACKOFF_SECONDS)
            time.sleep(backoff * random.random())  # noqa: S311 -- jitter
        raise Overloaded("The events' runs and agents change too fast just now.")

    def _connection(self) -> Connection:
        if self._conn is None or self._conn.closed:
            self._conn = self._connect()
        return self._conn

    def _recover(self, conn: Connection, error: psycopg.Error) -> None:
        """Roll back; a connection that cannot do that is closed, and the next one opened.

        So is one to a server that takes no writes any more: with several hosts in DATABASE_URL the
        next leads to the primary.
        """
        if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
            return conn.close()
        try:
            conn.rollback()
        except psycopg.Error:
            conn.close()

    def _discard_connection(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None
