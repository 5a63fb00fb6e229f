"""What is different where requests are greenlets (WORKER_CLASS=gevent): who waits, and when.

psycopg waits for its socket before each statement of a pipeline, and each of gevent's waits is a
turn of the whole worker: a transaction had 20 of them. Here the socket is asked first (1 µs), and
the turn passes on only while PostgreSQL really works. In other workers psycopg waits in C.
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
from service.db.statement_timeout import INTERVAL_SECONDS, TimeoutConnection

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
        """Run a generator of psycopg's to its end."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        fileno = self.pgconn.socket
        try:
            wanted = next(gen)
            while True:
                wanted = gen.send(self._wait_for(fileno, wanted))
        except StopIteration as end:
            return cast(T, end.value)

    def _wait_for(self, fileno: int, wanted: int) -> int:
        """Return what the socket is ready for, once it is ready for something that is wanted."""
        began = monotonic()
        while not (events := ready(fileno, wanted)):
            if self.timeout_seconds and monotonic() > began + self.timeout_seconds:
                raise self.abort()
            if self.is_server_gone and self.is_server_gone():
                raise self.abort("its server is away")
            try:
                WAITS[wanted](fileno, timeout=INTERVAL_SECONDS)
            except TimeoutError:
                continue
        return events


class FirstConnection(GreenConnection):
    """The writer's: its transaction holds locks, so whoever begins a request gives way to it."""

    def wait(
        self, gen: PQGen[T], interval: float = INTERVAL_SECONDS, timeout: float | None = None
    ) -> T:
        """Run a generator of psycopg's to its end."""
        socket_of_writer.append(self.pgconn.socket)
        try:
            return super().wait(gen, interval, timeout)
        finally:
            socket_of_writer.pop()


socket_of_writer: list[int] = []


def give_way() -> None:
    """Let the writer go on, if what it waits for has come, before a request is begun.

    Among hundreds of requests that were to be refused, each of its waits took 0.2 s, and the locks
    that it held meanwhile made the other worker's transactions fail.
    """
    with suppress(psycopg.OperationalError):  # a socket that was closed is the writer's business
        for _ in range(2):  # what yields is resumed before the loop looks at its sockets
            if not (socket_of_writer and ready(socket_of_writer[0], WAIT_R)):
                return
            sleep(0)


def ready(fileno: int, wanted: int) -> int:
    """What the socket is ready for now; raise OperationalError when it was closed."""
    poll = poll_now()
    poll.register(fileno, POLL_EVENTS[wanted])
    found = poll.poll(0)
    if not found:
        return 0
    events = found[0][1]
    if events & select.POLLNVAL:
        raise psycopg.OperationalError("the connection's socket was closed")
    readable = events & (select.POLLIN | select.POLLHUP | select.POLLERR)
    return (READY_R if readable else 0) | (READY_W if events & select.POLLOUT else 0)


def connection_class(first: bool = False) -> type[TimeoutConnection]:
    """The class for this process: greenlets when gevent has taken the place of threads."""
    if not monkey.is_module_patched("select"):
        return TimeoutConnection
    return FirstConnection if first else GreenConnection
