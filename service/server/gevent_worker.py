"""gunicorn's gevent worker with five differences.

Graceful stop: gunicorn counts an idle keep-alive connection as a request in flight, so with one of
them a stop takes all of graceful_timeout (30 s). Here idle connections are closed after
LINGER_SECONDS; requests until then are answered with `Connection: close`, as gthread does.

Balance: gunicorn accepts connections at once, so of 4 clients with large batches one worker often
had 3 or all. Here a worker with few connections pauses after each. With many it accepts all that
wait: with one per turn of a busy loop, new clients waited for seconds.

Slow clients: core/socket_deadline.py limits the wait for a request's head, for its body and for its
response.

Busy clients: a connection that always has something to read lets others run after each request, or
every 10 ms.

Many clients: connection_table.py closes those that send no request, before the worker is full.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from gevent import Greenlet, Timeout, get_hub, getcurrent, sleep, socket
from gevent.server import StreamServer
from gunicorn.workers import ggevent

from service.config import held_config
from service.core.socket_deadline import MinimumRate
from service.server import error_pages, graceful_close, strict_http
from service.server.connection_table import CLOSED, ConnectionTable

FEW_CONNECTIONS = 16  # fewer than these are balanced over the workers
TURN_SECONDS = 0.01  # of a connection that always has something to read
# Not 0: after that the loop resumes the greenlet up to 1,000 times before it polls any socket.
SHORTEST_SLEEP_SECONDS = 1e-6
PAUSE_SECONDS = 0.001  # for another worker to accept the next connection
ACCEPTED_AT_ONCE = 50
# Connections are closed a little before the pool is full, because a full pool accepts no more.
ROOM = 2 * ACCEPTED_AT_ONCE
LINGER_SECONDS = 1.9  # gthread's 2 s: notify runs once a second


class BalancingServer(StreamServer):  # type: ignore[misc]  # gevent has no types
    """A listening socket that leaves the next connection to another worker."""

    @property
    def max_accept(self) -> int:
        """How many connections to accept in one turn of the loop."""
        return 1 if self.has_few() else ACCEPTED_AT_ONCE

    @max_accept.setter
    def max_accept(self, _number: int) -> None:
        """Ignore the value that gunicorn sets, which is 1."""

    def has_few(self) -> bool:
        """Whether the worker has fewer than FEW_CONNECTIONS."""
        return len(self.pool) < FEW_CONNECTIONS

    def do_handle(self, *args: Any) -> None:
        """Start a connection; with few, stop accepting for a moment, as gevent does on errors."""
        super().do_handle(*args)
        if self.has_few():
            self.stop_accepting()
            self._timer = self.loop.timer(PAUSE_SECONDS)
            self._timer.start(self._start_accepting_if_started)


def has_more(req: Any) -> bool:
    """Whether more has been received of the connection than the request has read."""
    return bool(req.unreader.buf.getbuffer().nbytes)


ggevent.StreamServer = BalancingServer  # GeventWorker.run uses this name
error_pages.install()
strict_http.install()


class GeventSocket(MinimumRate, socket.socket):  # type: ignore[misc]
    """gevent's socket with a minimum transfer rate, which lets others run when it is never empty.

    Reading what has arrived does not yield, so a connection that always has more to read, such as
    one of pipelined requests, would keep the worker for itself.
    """

    _others_ran_at = 0.0  # of all sockets of the worker

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Receive, after the other greenlets if they waited for TURN_SECONDS."""
        if monotonic() - GeventSocket._others_ran_at > TURN_SECONDS:
            sleep(SHORTEST_SLEEP_SECONDS)
            GeventSocket._others_ran_at = monotonic()
        return super().recv(size, flags)


class GeventWorker(strict_http.StrictAnswers, ggevent.GeventWorker):  # type: ignore[misc]
    """A worker whose requests are greenlets."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        config = held_config.read()
        capacity = max(1, self.worker_connections - ROOM)
        self._table: ConnectionTable[Greenlet] = ConnectionTable(capacity, config.trusted_proxies)
        self._idle: dict[Greenlet, Timeout] = {}
        self._linger_until: float | None = None  # monotonic; set when the worker is to stop
        self._body_timeout = config.body_timeout_seconds

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serve a connection, unless there are too many of its address."""
        current = getcurrent()
        peer = addr[0] if addr else ""
        surplus = self._table.open(current, peer)
        try:
            if surplus is not None:
                self.log.warning(CLOSED.format(ip=peer))
            if surplus is current:
                client.close()
                return
            if surplus is not None:
                self._close_idle(surplus)
            limited = GeventSocket(client.family, client.type, client.proto, fileno=client.detach())
            limited.limit_head(self._body_timeout)
            super().handle(listener, limited, addr)
        finally:
            self._table.close(current)

    @contextmanager
    def timeout_ctx(self) -> Iterator[None]:
        """Limit the wait for a connection's next request, and register it as idle."""
        current = getcurrent()
        timeout = Timeout(self.cfg.keepalive, exception=False)
        self._idle[current] = timeout
        self._table.wait(current)
        try:
            with timeout:
                yield
        finally:
            del self._idle[current]
            self._table.proceed(current)

    def patch(self) -> None:
        """Patch the standard library after the fork, then import modules of the service.

        Not at the top: gunicorn's master imports this file, and a reload would keep its SQL files.
        """
        super().patch()
        from service.db.green_connection import yield_to_writer  # noqa: PLC0415

        self._yield_to_writer = yield_to_writer

    def handle_request(self, listener_name: Any, req: Any, sock: GeventSocket, addr: Any) -> None:
        """Answer one request, after yielding to the writer, at a minimum transfer rate.

        The head has been read by now: before its first byte, keepalive is the limit.
        """
        self._yield_to_writer()
        sock.limit(self._body_timeout)
        try:
            super().handle_request(listener_name, req, sock, addr)
        except StopIteration:  # close the connection; its body may not be read to the end
            graceful_close.close(sock)
            raise
        finally:
            if has_more(req):  # the next head has begun
                sock.limit(self._body_timeout, math.inf)
            else:
                sock.limit_head(self._body_timeout)
        if has_more(req):  # what was received may hold hundreds of requests: one at a time
            sleep(SHORTEST_SLEEP_SECONDS)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Log and answer an error, and close the connection."""
        super().handle_error(req, client, addr, exc)
        graceful_close.close(client)

    def notify(self) -> None:
        """Send the heartbeat, every second. A worker that stops closes idle connections."""
        super().notify()
        if self.alive:
            return
        if self._linger_until is None:
            self._linger_until = monotonic() + LINGER_SECONDS
        elif monotonic() >= self._linger_until:
            for greenlet in list(self._idle):
                self._close_idle(greenlet)

    def _close_idle(self, greenlet: Greenlet) -> None:
        """Close a connection as on keepalive timeout, unless its next request has just arrived."""
        get_hub().loop.run_callback(self._end_idle, greenlet, self._idle.get(greenlet))

    def _end_idle(self, greenlet: Greenlet, timeout: Timeout | None) -> None:
        """Runs in the event loop itself.

        A greenlet could yield between the check and the close, and would cut off a request that
        arrives in between.
        """
        if timeout is not None and self._idle.get(greenlet) is timeout:
            greenlet.throw(timeout)
