"""gunicorn's master, which at a reload replaces the workers one by one.

gunicorn starts all new workers and ends the old ones at the same moment, so that nobody accepts
connections until the new ones have loaded. Here an old worker is ended once a new one accepts.
"""

import signal
import time
from typing import Any

from gunicorn.app import base
from gunicorn.arbiter import Arbiter

LOADING_SECONDS = 30  # a worker that takes longer is no reason to keep the old one
POLL_SECONDS = 0.1
STOPPING = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}


class RollingArbiter(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """A master with at most one worker more than WORKERS, beside those that finish requests."""

    def spawn_worker(self) -> int:
        """Start a worker; where it is one too many, end the oldest once it accepts connections."""
        pid: int = super().spawn_worker()
        if len(self.WORKERS) > self.num_workers:
            self._wait_for(pid)
            self.manage_workers()
        return pid

    def _wait_for(self, pid: int) -> None:
        """Wait until a worker accepts connections or has ended, or until a signal to stop.

        Raises HaltServer for a worker that cannot load, as gunicorn does.
        """
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
