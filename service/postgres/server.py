"""EmbeddedServer: start, watch and stop the PostgreSQL below DATA_DIR."""

import os
import socket
import subprocess
import sys
import tempfile
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

PORT = 5432
# The kernel's limit for the path of a socket, without the closing zero.
SOCKET_PATH_BYTES = 107 if sys.platform == "linux" else 103
PROGRESS_SECONDS = 5.0
POLL_SECONDS = 0.05
ADOPTION_SECONDS = 10.0
STOP_SECONDS = 600


class EmbeddedServer:
    """One PostgreSQL, its data in `data_dir`/postgresql, its programs from `bin_dir` or bundled.

    The server outlives a killed process of the service; the next one adopts it. Whoever starts or
    stops it holds the lock of the directory (lock.hold); connecting needs no lock.
    """

    def __init__(self, data_dir: Path, bin_dir: Path | None = None) -> None:
        self._data_dir = data_dir.absolute()
        self._bin_dir = bin_dir
        self._log = ServerLog(self._data_dir / "postgresql.log")
        self._cluster: Path | None = None
        self._socket_dir: Path | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._who_and_what: tuple[Account, Binaries] | None = None

    @property
    def url(self) -> str:
        """A URL for psycopg and psql; only after start, launch or attach."""
        if self._socket_dir is None:
            raise Failure("the embedded PostgreSQL is not running")
        host = quote(str(self._socket_dir), safe="")
        # Every part is given, so that PGPORT and its like in the environment cannot interfere.
        return f"postgresql://{clusters.SUPERUSER}@/{clusters.DATABASE}?host={host}&port={PORT}"

    @property
    def binaries(self) -> Binaries:
        """The programs that fit this server."""
        return self._programs()[1]

    def start(self) -> None:
        """Start the server, or adopt a running one; return when it answers.

        Waits as long as crash recovery takes, with a line every few seconds. Raises Failure with
        the last lines of its log when it does not come up.
        """
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start the server, or adopt a running one, without waiting for it to be ready."""
        if self._cluster and not self._cluster.exists():
            # A restart must not begin an empty database where a full one was a moment ago.
            raise Failure(f"{self._cluster} is gone")
        account, binaries = self._programs()
        self._cluster = cluster = clusters.ensure_cluster(self._data_dir, account, binaries)
        if not self._adopt(cluster):
            self._spawn(cluster, account, binaries)

    def attach(self) -> bool:
        """Find a server that another process started; tell whether there is one and it is ready."""
        self._cluster = clusters.find_cluster(self._data_dir)
        found = read_pid_file(self._cluster) if self._cluster else None
        if not self._cluster or not found or not runs_in(self._cluster, found.pid):
            return False
        self._pid, self._socket_dir = found.pid, Path(found.socket_dir)
        return found.status == "ready"

    def is_alive(self) -> bool:
        """Tell whether the postmaster lives; it may still be starting up."""
        if self._child is not None:
            return self._child.poll() is None  # also takes the exit code of a dead child
        return self._cluster is not None and runs_in(self._cluster, self._pid)

    def wait_until_ready(self) -> None:
        """Return when the server answers; raises Failure when it died."""
        next_line = time.monotonic() + PROGRESS_SECONDS
        while not self._is_ready():
            if not self.is_alive():
                raise Failure(f"PostgreSQL did not start: {self._log.tail()}")
            if time.monotonic() > next_line:
                print(f"PostgreSQL is starting: {self._log.tail(1)}", flush=True)
                next_line += PROGRESS_SECONDS
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop the server cleanly if it runs: connections are closed, a checkpoint is written."""
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
        if self._child is not None:
            self._child.wait()
        if self._socket_dir not in (None, self._cluster):
            with suppress(OSError):
                os.rmdir(str(self._socket_dir))

    def rotate_log(self) -> None:
        """Keep the server's log within its bound; to be called now and then while it runs."""
        self._log.rotate()

    def _programs(self) -> tuple[Account, Binaries]:
        """Find out once who runs the server and with which programs."""
        if self._who_and_what is None:
            account = choose_account(clusters.find_cluster(self._data_dir))
            self._who_and_what = account, find_binaries(account, self._bin_dir)
        return self._who_and_what

    def _is_ready(self) -> bool:
        found = read_pid_file(self._cluster) if self._cluster else None
        return found is not None and found.pid == self._pid and found.status == "ready"

    def _adopt(self, cluster: Path) -> bool:
        """Take over a server that a killed predecessor left; tell whether there was one."""
        found = read_pid_file(cluster)
        if found is None or not runs_in(cluster, found.pid):
            return False
        self._pid, self._child = found.pid, None
        deadline = time.monotonic() + ADOPTION_SECONDS
        while self.is_alive() and time.monotonic() < deadline:
            found = read_pid_file(cluster)
            if found and found.status == "starting":
                deadline = time.monotonic() + ADOPTION_SECONDS  # crash recovery may take long
            if found and found.status == "ready" and answers(Path(found.socket_dir)):
                self._socket_dir = Path(found.socket_dir)
                return True
            time.sleep(POLL_SECONDS)
        # It was shutting down, or lives but cannot be reached, its socket having been deleted.
        self.stop()
        return False

    def _spawn(self, cluster: Path, account: Account, binaries: Binaries) -> None:
        stale = read_pid_file(cluster)
        discard_stale(cluster)
        end_orphans(cluster)
        if self._socket_dir is None:
            # A restart keeps the directory: the workers hold a URL that names it.
            self._socket_dir = choose_socket_dir(
                cluster, account, Path(stale.socket_dir) if stale else None
            )
        clusters.write(account, cluster / gati_conf.NAME, gati_conf.render(self._socket_dir))
        with self._log.open() as log:
            self._child = account.spawn([binaries["postgres"], "-D", cluster], log)
        self._pid = self._child.pid


def choose_socket_dir(cluster: Path, account: Account, previous: Path | None) -> Path:
    """Return the cluster, or a short private directory if the socket's path would be too long."""
    if fits(cluster):
        return cluster
    if previous and is_private(previous, account):
        return previous
    made = Path(tempfile.mkdtemp(prefix="gati-", dir=short_temp_dir()))
    if account.switch:
        os.chown(made, account.uid, account.gid)
    return made


def fits(directory: Path) -> bool:
    """Tell whether clients can be given the directory as host: a comma would separate two hosts."""
    path = os.fsencode(directory / f".s.PGSQL.{PORT}")
    return len(path) <= SOCKET_PATH_BYTES and b"," not in path


def short_temp_dir() -> str:
    """Return the system's directory for temporary files, or /tmp where TMPDIR is long as well."""
    usual = tempfile.gettempdir()
    return usual if fits(Path(usual) / "gati-12345678") else "/tmp"  # noqa: S108 - for mkdtemp


def is_private(directory: Path, account: Account) -> bool:
    """Tell whether the directory is a real one that only the account can enter."""
    try:
        found = os.lstat(directory)
    except OSError:
        return False
    return found.st_mode == 0o40700 and found.st_uid == account.uid


def answers(socket_dir: Path) -> bool:
    """Tell whether something accepts connections on the server's socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(socket_dir / f".s.PGSQL.{PORT}"))
        except OSError:
            return False
        return True
