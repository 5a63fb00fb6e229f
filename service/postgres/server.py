"""Start, adopt and stop the embedded PostgreSQL below DATA_DIR."""

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from service.core.failure import Failure
from service.postgres import cluster as clusters
from service.postgres import gati_conf
from service.postgres.account import Account, choose_account
from service.postgres.binaries import Binaries, find_binaries
from service.postgres.log import ServerLog
from service.postgres.postmaster import discard_stale, end_orphans, read_pid_file, runs_in
from service.postgres.socket_dir import PORT, choose_socket_dir, is_listening

PROGRESS_SECONDS = 5.0
POLL_SECONDS = 0.05
ADOPTION_SECONDS = 10.0
STOP_SECONDS = 600


class EmbeddedServer:
    """One PostgreSQL, its data in `data_dir`/postgresql, its programs from `bin_dir` or bundled.

    The server outlives a killed process of the service; the next process adopts it. Starting and
    stopping need the lock of the directory (lock.hold), connecting does not.
    """

    def __init__(self, data_dir: Path, bin_dir: Path | None = None) -> None:
        self._data_dir = data_dir.absolute()
        self._bin_dir = bin_dir
        self._log = ServerLog(self._data_dir / "postgresql.log")
        self._cluster: Path | None = None
        self._socket_dir: Path | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._account_and_binaries: tuple[Account, Binaries] | None = None

    @property
    def url(self) -> str:
        """A URL for psycopg and psql; available after start, launch or attach."""
        if self._socket_dir is None:
            raise Failure("the embedded PostgreSQL is not running")
        host = quote(str(self._socket_dir), safe="")
        # Each part is given, so that PGPORT and the like in the environment have no effect.
        return f"postgresql://{clusters.SUPERUSER}@/{clusters.DATABASE}?host={host}&port={PORT}"

    @property
    def cluster(self) -> Path | None:
        """The data directory; available after start, launch or attach."""
        return self._cluster

    @property
    def cause_of_death(self) -> str:
        """The last PANIC or FATAL line that the server logged since its start; else empty."""
        return self._log.last_fatal()

    @property
    def binaries(self) -> Binaries:
        """The programs that match this server."""
        return self._programs()[1]

    def start(self) -> None:
        """Start the server, or adopt a running one, and wait until it is ready.

        Waits for crash recovery, printing a line every few seconds. Raises Failure with the last
        lines of the log if the server does not start.
        """
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start the server, or adopt a running one, without waiting for it to be ready."""
        if self._cluster and not self._cluster.exists():
            # A restart must not create an empty database in place of the one that vanished.
            raise Failure(f"{self._cluster} is gone")
        account, binaries = self._programs()
        self._cluster = cluster = clusters.ensure_cluster(self._data_dir, account, binaries)
        if not self._adopt(cluster):
            self._spawn(cluster, account, binaries)

    def was_left(self) -> bool:
        """Whether a process of the service was killed before it could stop the server."""
        cluster = clusters.find_cluster(self._data_dir)
        return cluster is not None and read_pid_file(cluster) is not None

    def attach(self) -> bool:
        """Find a server that another process started; return whether it is ready."""
        self._cluster = clusters.find_cluster(self._data_dir)
        found = read_pid_file(self._cluster) if self._cluster else None
        if not self._cluster or not found or not runs_in(self._cluster, found.pid):
            return False
        self._pid, self._socket_dir = found.pid, Path(found.socket_dir)
        return found.status == "ready"

    def is_alive(self) -> bool:
        """Whether the postmaster runs; it may still be starting."""
        if self._child is not None:
            return self._child.poll() is None  # poll also reaps a dead child
        return self._cluster is not None and runs_in(self._cluster, self._pid)

    def wait_until_ready(self) -> None:
        """Wait until the server is ready; raises Failure if it exits."""
        next_line = time.monotonic() + PROGRESS_SECONDS
        while not self._is_ready():
            if not self.is_alive():
                raise Failure(f"PostgreSQL did not start: {self._log.tail()}")
            if time.monotonic() > next_line:
                print(f"PostgreSQL is starting: {self._log.tail(1)}", flush=True)
                next_line += PROGRESS_SECONDS
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop the server, if it runs, with pg_ctl's fast mode: it writes a checkpoint."""
        if self._cluster is None or not self.is_alive():
            return
        account, binaries = self._programs()
        command: list[str | Path] = [
            binaries["pg_ctl"],
            "stop",
            "-D",
            self._cluster,
            "-m",
            "fast",
            "-t",
            str(STOP_SECONDS),
        ]
        clusters.succeed(account, command, "stopping PostgreSQL")
        while self.is_alive():  # for a moment after its pid file is gone
            time.sleep(POLL_SECONDS)
        if self._socket_dir not in (None, self._cluster):
            with suppress(OSError):
                os.rmdir(str(self._socket_dir))

    def rotate_log(self) -> None:
        """Limit the size of the server's log; to be called regularly while it runs."""
        self._log.rotate()

    def _programs(self) -> tuple[Account, Binaries]:
        """Find the system user and the programs of the server, once."""
        if self._account_and_binaries is None:
            account = choose_account(clusters.find_cluster(self._data_dir))
            self._account_and_binaries = account, find_binaries(account, self._bin_dir)
        return self._account_and_binaries

    def _is_ready(self) -> bool:
        found = read_pid_file(self._cluster) if self._cluster else None
        return found is not None and found.pid == self._pid and found.status == "ready"

    def _adopt(self, cluster: Path) -> bool:
        """Adopt the server of a killed process; return whether there was one."""
        found = read_pid_file(cluster)
        if found is None or not runs_in(cluster, found.pid):
            return False
        self._pid, self._child = found.pid, None
        deadline = time.monotonic() + ADOPTION_SECONDS
        while self.is_alive() and time.monotonic() < deadline:
            found = read_pid_file(cluster)
            if found and found.status == "starting":
                deadline = time.monotonic() + ADOPTION_SECONDS  # crash recovery may take long
            if found and found.status == "ready" and is_listening(Path(found.socket_dir)):
                self._socket_dir = Path(found.socket_dir)
                return True
            time.sleep(POLL_SECONDS)
        # The server was shutting down, or its socket has been deleted.
        self.stop()
        return False

    def _spawn(self, cluster: Path, account: Account, binaries: Binaries) -> None:
        stale = read_pid_file(cluster)
        discard_stale(cluster)
        end_orphans(cluster)
        if self._socket_dir is None:
            # A restart keeps the directory, because the workers' URL names it.
            self._socket_dir = choose_socket_dir(
                cluster, account, Path(stale.socket_dir) if stale else None
            )
        clusters.write(
            account, cluster / gati_conf.NAME, gati_conf.render(self._socket_dir, cluster)
        )
        with self._log.open() as log:
            self._child = account.spawn([binaries["postgres"], "-D", cluster], log)
        self._pid = self._child.pid
