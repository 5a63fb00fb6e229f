"""gunicorn's gevent worker, which does not wait for idle clients when it is to stop.

gunicorn's own counts a kept connection as a request in flight: with one idle client each stop, and
each worker that SIGHUP replaces, takes all of graceful_timeout (30 s).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gevent import Greenlet, Timeout, getcurrent
from gunicorn.workers.ggevent import GeventWorker


class GreenWorker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
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
