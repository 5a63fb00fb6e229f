"""What this process knows of itself as one of gunicorn's workers.

Imports nothing: gunicorn.conf.py loads it before gevent has taken the place of threads.
"""

from typing import Any


class Process:
    """The worker that gunicorn made of this process; none in commands and tests."""

    def __init__(self) -> None:
        self._worker: Any = None

    def become(self, worker: Any) -> None:
        """Remember the worker: after the fork, before it loads the application."""
        self._worker = worker

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop, and answers only what is under way."""
        return self._worker is not None and not self._worker.alive

    @property
    def is_first(self) -> bool:
        """Whether it says what holds for all: one worker of each start and reload, and commands."""
        return self._worker is None or (self._worker.age - 1) % self._worker.cfg.workers == 0

    @property
    def hosts(self) -> list[str]:
        """The addresses it listens on; a Unix socket has none."""
        sockets = [] if self._worker is None else self._worker.sockets
        names = [socket.getsockname() for socket in sockets]
        return [str(name[0]) for name in names if isinstance(name, tuple)]

    @property
    def is_joining(self) -> bool:
        """Whether it joins a service that runs: after a reload, or in place of a worker."""
        return self._worker is not None and self._worker.age > self._worker.cfg.workers


process = Process()
