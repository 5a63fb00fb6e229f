"""The state of this process as a gunicorn worker.

Imports nothing, because gunicorn.conf.py loads it before gevent patches the standard library.
"""

from typing import Any


class Process:
    """The gunicorn worker of this process; none in commands and tests."""

    def __init__(self) -> None:
        self._worker: Any = None

    def become(self, worker: Any) -> None:
        """Set the worker, after the fork and before it loads the application."""
        self._worker = worker

    @property
    def is_stopping(self) -> bool:
        """Whether the worker is stopping: it only finishes requests in flight."""
        return self._worker is not None and not self._worker.alive

    @property
    def is_first(self) -> bool:
        """True in one worker per start or reload, which logs for all workers, and in commands."""
        return self._worker is None or (self._worker.age - 1) % self._worker.cfg.workers == 0

    @property
    def hosts(self) -> list[str]:
        """The addresses that the worker listens on; a Unix socket has none."""
        sockets = [] if self._worker is None else self._worker.sockets
        names = [socket.getsockname() for socket in sockets]
        return [str(name[0]) for name in names if isinstance(name, tuple)]

    @property
    def is_joining(self) -> bool:
        """Whether the worker joins a running service, after a reload or as a replacement."""
        return self._worker is not None and self._worker.age > self._worker.cfg.workers


process = Process()
