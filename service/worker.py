"""gunicorn's gevent worker, but for two things.

It does not wait for idle clients when it is to stop: gunicorn's own counts a kept connection as a
request in flight, and with one of them each stop takes all of graceful_timeout (30 s).

It takes connections by turns: gunicorn's own takes all that wait, so of 4 clients with large
batches one worker often had 3 or all, and the other nothing to do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gevent import Greenlet, Timeout, getcurrent
from gevent.server import StreamServer
from gunicorn.workers import ggevent

# After each connection: time for another worker to take the next. Bounds each to 1,000 a second.
TURN_SECONDS = 0.001


class TurnTakingServer(StreamServer):  # type: ignore[misc]  # gevent has no types
    """A listening socket that leaves the next connection to whoever is free."""

    def do_handle(self, *args: Any) -> None:
        """Begin with a connection, then pause, as gevent's own does after an error."""
        super().do_handle(*args)
        self.stop_accepting()
        self._timer = self.loop.timer(TURN_SECONDS)
        self._timer.start(self._start_accepting_if_started)


ggevent.StreamServer = TurnTakingServer  # GeventWorker.run makes it by this name


class GreenWorker(ggevent.GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker whose requests are greenlets."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idle: dict[Timeout, Greenlet] = {}

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

    def notify(self) -> None:
        """Show that the worker lives, every second; when it is to stop, end what only waits."""
        super().notify()
        if not self.alive:
            for timeout, connection in list(self._idle.items()):
                connection.kill(timeout, block=False)  # as if its time had run out
