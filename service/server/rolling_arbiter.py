"""gunicorn's master, which at a reload replaces the workers one by one.

gunicorn starts all new workers and ends the old ones at the same moment, so that nobody accepts
connections until the new ones have loaded. Here an old worker is ended once a new one accepts.

gunicorn also ends the whole service when one worker cannot load. Here the others go on: after an
upgrade that lacks its migration, say, a reload changes nothing until it can.
"""

import os
import signal
import time
from typing import Any

from gunicorn.app import base
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

LOADING_SECONDS = 30  # a worker that takes longer is no reason to keep the old one
POLL_SECONDS = 0.1
RETRY_SECONDS = 10  # after a worker that could not load
STOPPING = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}
NOT_RELOADED = (
    "Not reloaded: %s. The workers that run go on serving. Mend it (migrations that the database "
    "lacks: python -m service migrate up), then send SIGHUP again"
)
NOT_REPLACED = "A new worker could not load (%s); the others go on serving"


class NotLoadedError(Exception):
    """A new worker ended before it accepted connections, while others serve."""


class RollingArbiter(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """A master with at most one worker more than WORKERS, beside those that finish requests."""

    cfg: Any
    _next_spawn = 0.0  # monotonic

    def reload(self) -> None:
        """Replace the workers; keep those that run where no new one can load."""
        before = self.cfg
        try:
            super().reload()
        except NotLoadedError:
            self.log.error(NOT_RELOADED, "a new worker could not load, as the lines above say")
        except (Exception, SystemExit):  # of gunicorn.conf.py, which gunicorn has printed
            if os.getpid() != self.pid:
                raise  # this process is a new worker, which ends
            self.cfg = self.app.cfg = before
            self.log.error(NOT_RELOADED, "gunicorn.conf.py could not be used", exc_info=True)

    def spawn_worker(self) -> int:
        """Start a worker; where it is one too many, end the oldest once it accepts connections.

        Raises NotLoadedError where such a worker ends before.
        """
        pid: int = super().spawn_worker()
        if len(self.WORKERS) > self.num_workers:
            self._wait_for(pid)
            if pid not in self.WORKERS:
                raise NotLoadedError
            self.manage_workers()
        return pid

    def spawn_workers(self) -> None:
        """Start the workers that are missing, unless one could not load a moment ago."""
        if time.monotonic() >= self._next_spawn:
            super().spawn_workers()

    def reap_workers(self) -> None:
        """Note which workers have ended.

        Raises HaltServer, as gunicorn does, for one that could not load while no other serves.
        """
        before = dict(self.WORKERS)
        try:
            super().reap_workers()
        except HaltServer as halt:
            for pid in before.keys() - self.WORKERS.keys():
                before[pid].tmp.close()  # gunicorn has raised before it does so
            if not self.LISTENERS:  # the master is stopping already
                return
            if not any(accepts(worker) for worker in self.WORKERS.values()):
                raise
            self._next_spawn = time.monotonic() + RETRY_SECONDS
            self.log.error(NOT_REPLACED, halt.reason)

    def _wait_for(self, pid: int) -> None:
        """Wait until a worker accepts connections or has ended, or until a signal to stop."""
        deadline = time.monotonic() + LOADING_SECONDS
        later: list[int] = []
        while pid in self.WORKERS and not accepts(self.WORKERS[pid]):
            if time.monotonic() > deadline or STOPPING.intersection(later):
                break
            later += self.wait_for_signals(POLL_SECONDS)
            self.reap_workers()
        for number in later:
            self.SIG_QUEUE.put_nowait(number)


def accepts(worker: Any) -> bool:
    """Whether a worker has sent a heartbeat, which it first does when it accepts connections.

    A heartbeat sets its file's time to the monotonic clock's, which is far below that of the day.
    """
    return bool(worker.tmp.last_update() <= time.monotonic())


def install() -> None:
    """Let gunicorn run this master."""
    base.Arbiter = RollingArbiter
