"""Group commit: one thread of a worker stores the events of many requests in one transaction.

No delay is added: while one transaction runs, requests for the next one queue up. Before the next
one begins, requests that have arrived already are read. Each request gets its own counts.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout

from service.core.clock import Today
from service.core.cooperative import yield_to_requests
from service.core.overloaded import Overloaded, StorageFull
from service.db.queries import Connection
from service.ingest.rows import EventRow
from service.postgres.storage import STORAGE_FULL, Storage
from service.writer.incoming import Counts
from service.writer.lock_backoff import LockBackoff
from service.writer.request_store import RequestStore
from service.writer.throughput import ThroughputEstimate
from service.writer.transaction_runner import TransactionRunner
from service.writer.waiting_requests import WaitingRequests, WriteRequest

# Beyond this, requests are refused before their bodies are read. Those accepted wait as long again
# to be read, in a busy worker, and for the transaction that runs: 95 % of them up to 2 s.
LONGEST_WAIT_SECONDS = 0.5
ALWAYS_ACCEPTED = 8  # requests in one worker; few large batches are no overload
ANSWER_TIMEOUT_SECONDS = 30.0
CONNECT_SECONDS = 1.0  # between two looks at the connection while nothing waits


class GroupCommitWriter:
    """Stores what many requests hand in, from one thread (under gevent, one greenlet).

    Small requests share a transaction, a large one has its own, and the two kinds take turns.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        today: Today,
        environment: str,
        storage: Storage | None = None,
    ) -> None:
        """`connect` opens the writer's own connection; `environment` is the service's.

        `storage` is what the database lies on, if that is known.
        """
        self._storage = storage or Storage()
        self._lock_backoff = LockBackoff()
        self._runner = TransactionRunner(connect, today, environment, self._lock_backoff)
        self._store = RequestStore(self._runner, self._lock_backoff)
        self._requests = WaitingRequests()
        self._unfinished_events = 0
        self._unfinished_requests = 0
        self._throughput = ThroughputEstimate()
        self._closed = False
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None

    def has_room(self, received: int) -> bool:
        """Whether a new request would be stored soon enough, after those that wait already.

        Of the requests whose bodies were `received`, those still parsed count as large as usual.
        """
        requests = max(received, self._unfinished_requests)
        parsed = requests - self._unfinished_requests
        wait = self._throughput.seconds(self._unfinished_events, parsed)
        return requests < ALWAYS_ACCEPTED or wait <= LONGEST_WAIT_SECONDS

    @property
    def waiting(self) -> tuple[int, int]:
        """How many events, of how many requests, wait or are being stored."""
        return self._unfinished_events, self._unfinished_requests

    @property
    def is_connected(self) -> bool:
        """Whether the writer has a connection."""
        return self._runner.is_connected

    @property
    def failure(self) -> str | None:
        """Why the writer could not store events lately: a kind of error. None when it is well."""
        return self._runner.state.failure

    def open(self) -> None:
        """Start the thread, which connects at once and keeps the connection."""
        with self._wake:
            self._keep_thread()

    def store(self, rows: list[EventRow]) -> Counts:
        """Store the rows durably and return their counts; blocks until they are committed.

        Raises Overloaded when too much waits, StorageFull when the disk is nearly full, what
        psycopg raises when the database is away, and what was not foreseen about these rows.
        """
        if self._storage.is_full:
            raise StorageFull(STORAGE_FULL)
        self._runner.remember_names(rows)
        with self._wake:
            if self._closed:
                raise Overloaded("The service is stopping.")
            request = WriteRequest(rows, self._unfinished_events)
            self._unfinished_events += len(rows)
            self._unfinished_requests += 1
            self._throughput.note_request(len(rows))
            self._requests.append(request)
            self._keep_thread()
            self._wake.notify()
        try:
            return request.done.result(ANSWER_TIMEOUT_SECONDS)
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
        self._runner.keep_connected()
        while requests := self._gather():
            try:
                self._store.store(requests)
            except BaseException as error:
                self._runner.close()
                if self._lock_backoff.is_blocked:
                    with self._wake:
                        requests += self._requests.take_everything()
                    self._lock_backoff.reset()
                for request in requests:
                    if not request.done.done():
                        request.done.set_exception(error)
            self._finish(requests)
        self._runner.close()

    def _finish(self, requests: list[WriteRequest]) -> None:
        """Count the requests as done; learn the throughput from the one that was queued last."""
        last = max(requests, key=lambda request: request.events_before)
        with self._wake:
            self._throughput.learn(
                last.events_before + len(last.rows),
                time.monotonic() - last.since,
                was_stored=last.done.exception() is None,
            )
            self._unfinished_events -= sum(len(request.rows) for request in requests)
            self._unfinished_requests -= len(requests)

    def _gather(self) -> list[WriteRequest]:
        """Wait for requests and take those of the next transaction; none at the end."""
        while not self._is_waited_for():
            self._runner.keep_connected()
        yield_to_requests()
        with self._wake:
            return self._requests.take()

    def _is_waited_for(self) -> bool:
        """Whether requests wait, or the end does; returns after CONNECT_SECONDS at the latest."""
        with self._wake:
            return self._wake.wait_for(
                lambda: bool(self._requests) or self._closed, CONNECT_SECONDS
            )
