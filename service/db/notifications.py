"""The bell that wakes a worker's streams: one connection that listens for all of them.

NOTIFY is sent by the leader, and may be lost: there may be no leader, a PgBouncer in the way, a
PostgreSQL that restarts. So it only ever wakes: streams look by themselves now and then.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from service.db.queries import Connection, queries
from service.telemetry.logging import reason

LOOK_SECONDS = 0.5  # between two looks at whether anybody still waits
ERROR_PAUSE_SECONDS = 3.0

log = logging.getLogger(__name__)


class NotifyListener:
    """Rings when events may have come in. Listens only while there is a stream."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        """`connect` opens a connection to a server that takes writes; replicas do not notify."""
        self._connect = connect
        self._changed = threading.Condition()
        self._sequence = 0
        self._subscribers = 0
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def subscribed(self) -> Iterator[None]:
        """Listen at least for as long as the block lasts."""
        with self._changed:
            self._subscribers += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="tail", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._subscribers -= 1

    def wait(self, rung: int, seconds: float) -> int:
        """Wait until it has rung more often than `rung`, or so long; return how often it has."""
        with self._changed:
            self._changed.wait_for(lambda: self._sequence > rung, seconds)
            return self._sequence

    def close(self) -> None:
        """End the thread and its connection."""
        self._closed.set()
        thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        """Listen, again after an error, until nobody hears."""
        while self._goes_on():
            try:
                with self._connect() as conn:
                    conn.autocommit = True
                    queries.tail.listen(conn)
                    self._notify()  # for what was missed
                    self._listen(conn)
            except psycopg.Error as error:
                log.warning("tail: no notifications, asking instead: %s", reason(error))
                self._closed.wait(ERROR_PAUSE_SECONDS)

    def _listen(self, conn: Connection) -> None:
        while self._subscribers and not self._closed.is_set():
            for _ in conn.notifies(timeout=LOOK_SECONDS, stop_after=1):
                self._notify()

    def _goes_on(self) -> bool:
        """Whether anybody hears; else the thread ends, and the next stream starts another."""
        with self._changed:
            goes_on = self._subscribers > 0 and not self._closed.is_set()
            if not goes_on:
                self._thread = None
            return goes_on

    def _notify(self) -> None:
        with self._changed:
            self._sequence += 1
            self._changed.notify_all()
