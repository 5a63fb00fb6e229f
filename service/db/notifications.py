"""The bell that wakes a worker's streams: one connection that listens for all of them.

NOTIFY is sent by the leader, and may be lost: there may be no leader, a PgBouncer in the way, a
PostgreSQL that restarts. So it only ever wakes: streams look by themselves now and then.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from service.core.periodic_thread import PeriodicThread
from service.db.queries import Connection, queries

LOOK_SECONDS = 0.5  # between two looks at whether anybody still waits


class NotifyListener:
    """Rings when events may have come in. Listens only while there is a stream."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        """`connect` opens a connection to a server that takes writes; replicas do not notify."""
        self._connect = connect
        self._changed = threading.Condition()
        self._sequence = 0
        self._subscribers = 0
        self._thread = PeriodicThread("tail notifications", self._work, 0.0, expected=psycopg.Error)

    @contextmanager
    def subscribed(self) -> Iterator[None]:
        """Listen at least for as long as the block lasts."""
        with self._changed:
            self._subscribers += 1
            self._changed.notify_all()
            self._thread.open()
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
        self._thread.stop()
        with self._changed:
            self._changed.notify_all()
        self._thread.close()

    def _work(self) -> None:
        """Wait for a subscriber, then listen as long as there is one."""
        with self._changed:
            self._changed.wait_for(lambda: self._subscribers or self._thread.is_stopped)
        if self._is_needed():
            with self._connect() as conn:
                conn.autocommit = True
                queries.tail.listen(conn)
                self._notify()  # for what was missed
                while self._is_needed():
                    for _ in conn.notifies(timeout=LOOK_SECONDS, stop_after=1):
                        self._notify()

    def _is_needed(self) -> bool:
        return self._subscribers > 0 and not self._thread.is_stopped

    def _notify(self) -> None:
        with self._changed:
            self._sequence += 1
            self._changed.notify_all()
