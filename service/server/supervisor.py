"""The supervisor of gunicorn and the embedded PostgreSQL, which it restarts and stops."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable

from service.config import Config, ConfigError
from service.core.failure import Failure
from service.postgres import storage
from service.postgres.server import EmbeddedServer
from service.server.greeting import EVERYWHERE, greeting
from service.server.signals import Signals

POLL_SECONDS = 0.25
HEALTH_TIMEOUT_SECONDS = 2.0
LOG_ROTATION_SECONDS = 60.0
# Between two restarts of PostgreSQL; the first comes at once, then the pause doubles.
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 60.0
STABLE_SECONDS = 10.0  # a server that has lived so long is restarted at once again
PR_SET_PDEATHSIG = 1


class Supervisor:
    """One gunicorn and one PostgreSQL, watched from one process without threads."""

    def __init__(
        self, config: Config, server: EmbeddedServer, signals: Signals, command: list[str]
    ) -> None:
        self._config = config
        self._server = server
        self._signals = signals
        self._command = command
        self._storage = storage.Storage(server.cluster)
        self._was_full = False
        self._greeted = False
        self._stopping = False
        self._pause = FIRST_PAUSE_SECONDS
        self._next_start = 0.0
        self._next_rotation = time.monotonic() + LOG_ROTATION_SECONDS

    def run(self) -> int:
        """Run gunicorn until it ends; return the exit code: 0 after a stop, else gunicorn's."""
        gunicorn = subprocess.Popen(
            self._command,
            env={
                **os.environ,
                "DATABASE_URL": self._server.url,
                storage.VARIABLE: str(self._server.cluster),
            },
            # Ctrl-C reaches the supervisor alone, which then stops gunicorn gracefully.
            start_new_session=True,
            preexec_fn=dying_with(os.getpid()),  # noqa: PLW1509 - this process has no threads
        )
        while gunicorn.poll() is None:
            self._forward(self._signals.next(POLL_SECONDS), gunicorn)
            self._check_server()
            self._greet_once_healthy()
        if self._stopping:
            return 0
        print(f"gunicorn ended with {gunicorn.returncode}", file=sys.stderr, flush=True)
        return gunicorn.returncode if gunicorn.returncode > 0 else 128 - gunicorn.returncode

    def _forward(self, number: int | None, gunicorn: "subprocess.Popen[bytes]") -> None:
        if number == signal.SIGHUP:
            gunicorn.send_signal(signal.SIGHUP)
        elif number is not None and not self._stopping:
            self._stopping = True
            gunicorn.send_signal(signal.SIGTERM)
            show("stopping: requests in flight are answered first")

    def _check_server(self) -> None:
        now = time.monotonic()
        if now > self._next_rotation:
            self._next_rotation = now + LOG_ROTATION_SECONDS
            self._server.rotate_log()
        if self._server.is_alive():
            if now > self._next_start + STABLE_SECONDS:
                self._pause = FIRST_PAUSE_SECONDS  # the restarted server is stable
        elif now > self._next_start or self._has_room_again():
            self._next_start = now + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
            self._restart_server()

    def _has_room_again(self) -> bool:
        """Whether the disk was nearly full at the last restart and is not any more."""
        return self._was_full and not self._storage.is_full

    def _restart_server(self) -> None:
        cause = self._server.cause_of_death
        show("PostgreSQL has died, restarting it" + (f": {cause}" if cause else ""))
        self._was_full = self._storage.is_full
        if self._was_full:
            show(f"storage_full: {storage.STORAGE_FULL}")
        try:
            self._server.launch()
        except (Failure, ConfigError, OSError) as error:
            show(str(error))  # _check_server retries; until then the workers answer 503

    def _greet_once_healthy(self) -> None:
        if self._greeted or self._stopping or not is_healthy(self._config):
            return
        self._greeted = True
        version, path = self._server.binaries.version, self._config.data_dir / "postgresql"
        show(greeting(self._config, f"embedded PostgreSQL {version} in {path}"))


def show(text: str) -> None:
    """Print a line; a terminal that is gone does not end the service."""
    try:
        print(text, flush=True)
    except OSError:
        return


def is_healthy(config: Config) -> bool:
    """Whether GET /health answers 200; over a socket, because http.client costs megabytes."""
    host = "localhost" if config.host in EVERYWHERE else config.host
    try:
        with socket.create_connection((host, config.port), HEALTH_TIMEOUT_SECONDS) as conn:
            conn.sendall(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return conn.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


def dying_with(parent: int) -> Callable[[], None] | None:
    """Return a function for the child, which makes it stop when `parent` is killed.

    Else a gunicorn without supervisor would keep the port. None if the system cannot do it.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def in_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent was killed before the line above
            os._exit(1)

    return in_child
