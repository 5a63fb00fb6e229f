"""gunicorn's gevent worker, but for three things.

It does not wait long for idle clients when it is to stop: gunicorn's own counts a kept connection
as a request in flight, and with one of them each stop takes all of graceful_timeout (30 s). Nor
does it close them at once: the next request may be on its way. Those that come within
LINGER_SECONDS are answered with `Connection: close`, as gunicorn does in its gthread worker.

It takes its first connections by turns: gunicorn's own takes one as soon as it waits, so of 4
clients with large batches one worker often had 3 or all, and the other nothing to do. With many it
takes what waits at once: one for each turn of a busy loop, new clients waited for seconds.

It waits for the rest of a request, and for an answer to be taken, only as long as patience.py says.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from gevent import Greenlet, Timeout, get_hub, getcurrent, socket
from gevent.server import StreamServer
from gunicorn.workers import ggevent

from service.config import Config
from service.core.socket_deadline import MinimumRate
from service.server import error_pages, graceful_close

FEW_CONNECTIONS = 16  # up to here it matters how they are spread
# After each of the first connections: time for another worker to take the next.
TURN_SECONDS = 0.001
TAKEN_AT_ONCE = 50
LINGER_SECONDS = 1.9  # the 2 s of gthread: gunicorn looks once a second


class TurnTakingServer(StreamServer):  # type: ignore[misc]  # gevent has no types
    """A listening socket that leaves the next connection to whoever is free."""

    @property
    def max_accept(self) -> int:
        """How many connections to take in one turn of the loop."""
        return 1 if self.has_few() else TAKEN_AT_ONCE

    @max_accept.setter
    def max_accept(self, _number: int) -> None:
        """What gunicorn sets counts for nothing: it is 1."""

    def has_few(self) -> bool:
        """Whether the worker has few connections yet."""
        return len(self.pool) < FEW_CONNECTIONS

    def do_handle(self, *args: Any) -> None:
        """Begin with a connection, then, with few, pause, as gevent's own does after an error."""
        super().do_handle(*args)
        if self.has_few():
            self.stop_accepting()
            self._timer = self.loop.timer(TURN_SECONDS)
            self._timer.start(self._start_accepting_if_started)


ggevent.StreamServer = TurnTakingServer  # GeventWorker.run makes it by this name
error_pages.install()


class GeventSocket(MinimumRate, socket.socket):  # type: ignore[misc]
    """gevent's socket, with a limit on waiting."""


class GeventWorker(ggevent.GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker whose requests are greenlets."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idle: dict[Timeout, Greenlet] = {}
        self._linger_until: float | None = None  # monotonic; known once it is to stop
        self._patience = Config.from_environment().body_timeout_seconds

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serve a connection."""
        patient = GeventSocket(client.family, client.type, client.proto, fileno=client.detach())
        super().handle(listener, patient, addr)

    @contextmanager
    def timeout_ctx(self) -> Iterator[None]:
        """Bound how long a connection waits for its next request, and remember that it waits."""
        timeout = Timeout(self.cfg.keepalive, exception=False)
        self._idle[timeout] = getcurrent()
        try:
            with timeout:
                yield
        finally:
            del self._idle[timeout]

    def patch(self) -> None:
        """Put gevent in the place of threads, after the fork, and import what is the service's.

        Not above: gunicorn's master imports this file, and would keep the SQL files it read then.
        """
        super().patch()
        from service.db.green_connection import give_way  # noqa: PLC0415

        self._give_way = give_way

    def handle_request(self, listener_name: Any, req: Any, sock: GeventSocket, addr: Any) -> None:
        """Answer one request, after a transaction that can go on, and with patience.

        Its head is there: between requests, keepalive is the limit.
        """
        self._give_way()
        sock.limit(self._patience)
        try:
            super().handle_request(listener_name, req, sock, addr)
        except StopIteration:  # it is to be closed, perhaps before all of its body was read
            graceful_close.close(sock)
            raise
        finally:
            sock.limit(None)

    def notify(self) -> None:
        """Show that the worker lives, every second; when it is to stop, end what only waits."""
        super().notify()
        if self.alive:
            return
        if self._linger_until is None:
            self._linger_until = monotonic() + LINGER_SECONDS
        elif monotonic() >= self._linger_until:
            for timeout in list(self._idle):
                get_hub().loop.run_callback(self._end_idle, timeout)

    def _end_idle(self, timeout: Timeout) -> None:
        """End a connection as if its time had run out, unless its next request has just come.

        Called by the event loop itself: from a greenlet there would be a moment between the look
        and the end, and a request that came in it would be cut off half-way.
        """
        if timeout in self._idle:
            self._idle[timeout].throw(timeout)
