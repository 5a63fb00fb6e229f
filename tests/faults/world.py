"""What faults happen to: a PostgreSQL, the service on it, and what stands between them.

Proxied: the service has a DATABASE_URL that leads through a proxy, and the test itself starts the
PostgreSQL again. Embedded: the service runs its own PostgreSQL, and starts it again.
"""

import os
import signal
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import psycopg
import requests

from service.db.connections import connect
from service.db.queries import Connection
from service.db.session_settings import WRITE
from service.postgres.account import choose_account
from service.postgres.binaries import find_binaries
from service.postgres.server import EmbeddedServer
from tests import service as plain
from tests.faults.proxy import HOST, Proxy
from tests.processes import harness
from tests.processes.harness import REPOSITORY, is_running, until
from tests.processes.postgres import BIN_DIR, postmaster_of

REFRESH_SECONDS = 1  # the least: a leader that was killed is to be missed soon
SETTINGS = {"WORKERS": 2, "REFRESH_INTERVAL_SECONDS": REFRESH_SECONDS}
ASKING_SECONDS = 5  # for a single answer, where it is not the answer's time that is looked at


class World(ABC):
    """A running service and its PostgreSQL; `url` is where clients send to."""

    def __init__(self, directory: Path, server: EmbeddedServer) -> None:
        self.directory = directory
        self.data_dir = directory / "data"
        self.server = server
        self.port = harness.free_port()
        self.url = f"http://{HOST}:{self.port}"

    @abstractmethod
    def start(self) -> None:
        """Start the service on its port, and wait until it is healthy."""

    @abstractmethod
    def revive(self) -> None:
        """See to it that PostgreSQL, which has died, is started again; return when it answers."""

    @property
    @abstractmethod
    def process(self) -> Any:
        """The service's process."""

    @property
    @abstractmethod
    def master(self) -> int:
        """The pid of gunicorn's master."""

    @property
    def workers(self) -> set[int]:
        """The pids of its workers."""
        return set(harness.children(self.master))

    @property
    def postmaster(self) -> int:
        """The pid of PostgreSQL."""
        return postmaster_of(self.data_dir)

    @property
    def leader(self) -> int:
        """The pid of the worker that folds the metrics; 0 when nobody does or can tell."""
        with suppress(requests.RequestException):
            answer = requests.get(f"{self.url}/health", timeout=ASKING_SECONDS)
            if answer.status_code == 200:
                return int((answer.json()["metrics"]["leader"] or ":0").rpartition(":")[2])
        return 0

    @property
    def output(self) -> str:
        """What the service has printed, over all of its starts."""
        found = sorted(self.directory.glob("output*"))
        return "".join(path.read_text(errors="replace") for path in found)

    def connect(self) -> Connection:
        """A connection of the test's own, past any proxy."""
        conn = connect(self.server.url, WRITE, "test")
        conn.autocommit = True
        return conn

    def stop(self) -> int:
        """SIGTERM; return the exit code. One that does not end is killed, by its pid."""
        self.process.send_signal(signal.SIGTERM)
        return int(self.process.wait(plain.STOP_SECONDS))

    def stop_postgres_immediately(self) -> None:
        """`pg_ctl stop -m immediate`: every backend is told to quit, nothing is written."""
        cluster = (self.data_dir / "postgresql").resolve()
        account = choose_account(cluster)
        program = find_binaries(account, BIN_DIR)["pg_ctl"]
        account.run([program, "stop", "-D", cluster, "-m", "immediate", "-W"])

    def await_postgres(self) -> None:
        """Return once PostgreSQL answers."""
        until(self._answers, "PostgreSQL does not answer", 60)

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.server.url, connect_timeout=ASKING_SECONDS):
                return True
        except psycopg.OperationalError:
            return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()


class Proxied(World):
    """The service behind a proxy, on a PostgreSQL of the test's (PG=15: Debian's)."""

    def __init__(self, directory: Path, proxy: Proxy, server: EmbeddedServer) -> None:
        super().__init__(directory, server)
        self.proxy = proxy
        self._service: plain.Service | None = None

    def start(self) -> None:
        number = len(list(self.directory.glob("output*")))
        self._service = plain.Service(
            f"postgresql://gati@{HOST}:{self.proxy.port}/gati?sslmode=disable&gssencmode=disable",
            self.directory / f"output-{number:02}",
            REPOSITORY,
            port=self.port,
            **SETTINGS,
        )
        self._service.wait_until_healthy()

    def revive(self) -> None:
        until(lambda: not self.server.is_alive(), "PostgreSQL lives")
        self.server.start()
        self.await_postgres()

    @property
    def process(self) -> Any:
        assert self._service is not None
        return self._service.process

    @property
    def master(self) -> int:
        return int(self.process.pid)  # serve has become gunicorn


class Embedded(World):
    """The service with its own PostgreSQL."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, EmbeddedServer(directory / "data"))
        self._service: harness.Service | None = None

    def start(self) -> None:
        self._service = harness.Service(
            self.directory, self.data_dir, {}, PORT=self.port, **SETTINGS
        ).ready()
        assert self.server.attach()

    def revive(self) -> None:
        self.await_postgres()

    @property
    def process(self) -> Any:
        assert self._service is not None
        return self._service.process

    @property
    def master(self) -> int:
        assert self._service is not None
        return self._service.gunicorn

    def __exit__(self, *_: object) -> None:
        if self._service is not None:
            self._service.clean_up()


@contextmanager
def proxied() -> Iterator[Proxied]:
    """A world with a proxy, for a block."""
    with scratch() as directory:
        (directory / "data").mkdir()
        server = EmbeddedServer(directory / "data", BIN_DIR)
        try:
            server.start()
            socket = directory / "data/postgresql/.s.PGSQL.5432"
            with Proxy(socket) as proxy, Proxied(directory, proxy, server) as world:
                yield world
        finally:
            server.stop()
            harness.end_postgres(directory / "data")


@contextmanager
def embedded() -> Iterator[Embedded]:
    """A world in which the service runs its own PostgreSQL, for a block."""
    with scratch() as directory, Embedded(directory) as world:
        yield world


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory that PostgreSQL can reach, whatever user it runs as."""
    with tempfile.TemporaryDirectory(prefix="gati-faults-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def kill(pid: int) -> None:
    """Send SIGKILL, and wait until the process is gone."""
    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_running(pid), f"{pid} lives")
