"""Waiting for PostgreSQL where requests are greenlets (WORKER_CLASS=gevent).

psycopg waits for its socket before each statement of a pipeline, and each gevent wait is one turn
of the worker's event loop: a transaction had 20. Here the socket is polled first (1 µs), and the
greenlet yields only while PostgreSQL works. In other worker classes psycopg waits in C.
"""

import select
from contextlib import suppress
from time import monotonic
from typing import TypeVar, cast

import psycopg
from gevent import monkey, sleep, socket
from psycopg.abc import PQGen
from psycopg.waiting import READY_R, READY_W, WAIT_R, WAIT_W

from service.core.cooperative import poll_now
from service.db.statement_timeout import INTERVAL_SECONDS, SERVER_GONE, TimeoutConnection, sending

T = TypeVar("T")

POLL_EVENTS = {
    WAIT_R: select.POLLIN,
    WAIT_W: select.POLLOUT,
    WAIT_R | WAIT_W: select.POLLIN | select.POLLOUT,
}
WAITS = {
    WAIT_R: socket.wait_read,
    WAIT_W: socket.wait_write,
    WAIT_R | WAIT_W: socket.wait_readwrite,
}


class GreenConnection(TimeoutConnection):
    """A connection that lets other greenlets run while PostgreSQL works, and only then."""

    def wait(
        self, gen: PQGen[T], interval: float = INTERVAL_SECONDS, timeout: float | None = None
    ) -> T:
        """Run a psycopg generator to its end."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        fileno = self.pgconn.socket
        gen = sending(self.pgconn, gen)
        try:
            needed = next(gen)
            while True:
                needed = gen.send(self._wait_for(fileno, needed))
        except StopIteration as end:
            return cast(T, end.value)

    def _wait_for(self, fileno: int, needed: int) -> int:
        """Wait until the socket is ready for something that is needed; return for what."""
        began = monotonic()
        while not (events := ready(fileno, needed)):
            if self.timeout_seconds and monotonic() > began + self.timeout_seconds:
                raise self.abort()
            if self.is_server_gone and self.is_server_gone():
                raise self.abort(SERVER_GONE)
            try:
                WAITS[needed](fileno, timeout=INTERVAL_SECONDS)
            except TimeoutError:
                continue
            if needed == WAIT_R:
                return int(READY_R)
        return events


class WriterConnection(GreenConnection):
    """The writer's connection. Its transaction holds locks, so new requests yield to it."""

    def wait(
        self, gen: PQGen[T], interval: float = INTERVAL_SECONDS, timeout: float | None = None
    ) -> T:
        """Run a psycopg generator to its end."""
        writer_sockets.append(self.pgconn.socket)
        try:
            return super().wait(gen, interval, timeout)
        finally:
            writer_sockets.pop()


writer_sockets: list[int] = []


def yield_to_writer() -> None:
    """Resume the writer before a request begins, if PostgreSQL has answered it.

    Among hundreds of rejected requests each wait of the writer took 0.2 s, and the locks that its
    transaction held meanwhile made the other worker's transactions fail.
    """
    with suppress(psycopg.OperationalError):  # the writer itself handles its closed socket
        for _ in range(2):  # greenlets that yielded are resumed before the loop polls its sockets
            if not (writer_sockets and ready(writer_sockets[0], WAIT_R)):
                return
            sleep(0)


def ready(fileno: int, needed: int) -> int:
    """What the socket is ready for now; raises OperationalError if it is closed."""
    poll = poll_now()
    poll.register(fileno, POLL_EVENTS[needed])
    found = poll.poll(0)
    if not found:
        return 0
    events = found[0][1]
    if events & select.POLLNVAL:
        raise psycopg.OperationalError("the connection's socket was closed")
    readable = events & (select.POLLIN | select.POLLHUP | select.POLLERR)
    return (READY_R if readable else 0) | (READY_W if events & select.POLLOUT else 0)


def connection_class(for_writer: bool = False) -> type[TimeoutConnection]:
    """The class for this process: for greenlets if gevent has patched the standard library."""
    if not monkey.is_module_patched("select"):
        return TimeoutConnection
    return WriterConnection if for_writer else GreenConnection
