"""gunicorn's master, which at a reload replaces the workers one by one.

gunicorn starts all new workers and ends the old ones at the same moment, so that nobody accepts
connections until the new ones have loaded. Here an old worker is ended once a new one accepts.

gunicorn also ends the whole service when one worker cannot load, or cannot be started. Here the
others go on: after an upgrade that lacks its migration, say, a reload changes nothing until it can.
"""

import os
import signal
import time
from typing import Any

from gunicorn.app import base
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

from service.config import Config, held_config

LOADING_SECONDS = 30  # a worker that takes longer is no reason to keep the old one
POLL_SECONDS = 0.1
RETRY_SECONDS = 10  # after a worker that could not load or could not be started
STOPPING = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}
NOT_RELOADED = (
    "Not reloaded: %s. The workers that run go on serving. Mend it (migrations that the database "
    "lacks: python -m service migrate up), then send SIGHUP again"
)
NOT_LOADED = "a new worker could not load, as the lines above say"
ADDRESS = "HOST and PORT change with a restart alone"
NOT_REPLACED = "A new worker could not %s (%s); the others go on serving"


class NotLoadedError(Exception):
    """A new worker ended before it accepted connections, while others serve."""


class NotStartedError(Exception):
    """The master could not start a worker; the text is what the system said."""


class AddressError(Exception):
    """A reload asks for another address, whose sockets the workers that run do not have."""


class RollingArbiter(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """A master with at most one worker more than WORKERS, beside those that finish requests."""

    cfg: Any
    _next_spawn = 0.0  # monotonic
    _address: Any = None  # of the sockets

    def reload(self) -> None:
        """Replace the workers; keep those that run where no new one can load."""
        before = (dict(vars(self.app)), held_config.config)
        try:
            super().reload()
        except (Exception, SystemExit) as error:
            if os.getpid() != self.pid:
                raise  # this process is a new worker, which ends
            self._go_back(*before)
            told = not isinstance(error, NotLoadedError | AddressError)
            self.log.error(NOT_RELOADED, reason(error), exc_info=told)

    def setup(self, app: Any) -> None:
        """Take the settings of the application; raises AddressError where they need other sockets.

        gunicorn would close its sockets for new ones, which it can often not open: on Linux not on
        the same port while the old workers listen there.
        """
        if self.LISTENERS and app.cfg.address != self._address:
            raise AddressError(ADDRESS)
        super().setup(app)
        self._address = app.cfg.address

    def spawn_worker(self) -> int:
        """Start a worker; where it is one too many, end the oldest once it accepts connections.

        Raises NotLoadedError where such a worker ends before, NotStartedError where none starts.
        """
        pid = self._start_worker()
        if len(self.WORKERS) > self.num_workers:
            self._wait_for(pid)
            if pid not in self.WORKERS:
                raise NotLoadedError(NOT_LOADED)
            self.manage_workers()
        return pid

    def spawn_workers(self) -> None:
        """Start the workers that are missing, unless one could not load or start a moment ago.

        Raises NotStartedError, which ends the service, while no other serves.
        """
        if time.monotonic() < self._next_spawn and self._is_serving():
            return
        try:
            super().spawn_workers()
        except NotStartedError as error:
            if not self._is_serving():
                raise
            self.log.error(NOT_REPLACED, "be started", error)

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
            if not self._is_serving():
                raise
            self._next_spawn = time.monotonic() + RETRY_SECONDS
            self.log.error(NOT_REPLACED, "load", halt.reason)

    def _start_worker(self) -> int:
        """Start a worker as gunicorn does; in the master, an error is a NotStartedError."""
        umask = os.umask(0o077)
        os.umask(umask)
        try:
            return int(super().spawn_worker())
        except Exception as error:
            if os.getpid() != self.pid:
                raise  # this process is the new worker, which ends
            os.umask(umask)  # gunicorn changes it to make the heartbeat's file
            self._next_spawn = time.monotonic() + RETRY_SECONDS
            raise NotStartedError(str(error)) from error

    def _go_back(self, app: dict[str, Any], config: Config | None) -> None:
        """Use the settings from before a reload."""
        held_config.hold(config)
        self.app.__dict__.update(app)  # its cfg, and the name of what workers load
        if self.cfg is not self.app.cfg:
            self.setup(self.app)

    def _is_serving(self) -> bool:
        """Whether any worker accepts connections."""
        return any(accepts(worker) for worker in self.WORKERS.values())

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


def reason(error: BaseException) -> str:
    """Why a reload failed: a worker, a setting, the system, or else gunicorn.conf.py."""
    if isinstance(error, NotLoadedError | AddressError):
        return str(error)
    if isinstance(error, NotStartedError):
        return f"a new worker could not be started ({error})"
    if isinstance(error, SystemExit) and isinstance(error.code, str):
        return error.code.removeprefix("gati-backend: ")
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, OSError):
            return str(link)
        link = link.__cause__ or link.__context__
    return "gunicorn.conf.py could not be used"


def install() -> None:
    """Let gunicorn run this master."""
    base.Arbiter = RollingArbiter
