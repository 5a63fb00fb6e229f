"""A primary and its streaming replicas, of the PostgreSQL under test, on this machine."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from service.db import migrate, partitions
from service.db.roles.names import READ
from service.postgres.account import choose_account
from service.postgres.binaries import Binaries
from service.postgres.server import EmbeddedServer
from tests.databases import hurry
from tests.processes.harness import is_running, until
from tests.processes.postgres import BIN_DIR, ask, postmaster_of


class Server:
    """One of them; a replica is ready when it answers, which postmaster.pid calls `standby`."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._embedded = EmbeddedServer(data_dir, BIN_DIR)
        self.start()

    @property
    def url(self) -> str:
        """As the owner."""
        return self._embedded.url

    @property
    def read_url(self) -> str:
        """As the role that reads."""
        return self.url.replace("//gati@", f"//{READ}@")

    @property
    def binaries(self) -> Binaries:
        """The programs that match it."""
        return self._embedded.binaries

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._embedded.launch()
        try:
            until(self._answers, f"{self.data_dir} does not answer")
        except AssertionError as error:
            error.add_note((self.data_dir / "postgresql.log").read_text()[-2000:])
            self.stop()
            raise

    def kill(self) -> None:
        """End it at once, as a crash would."""
        pid = postmaster_of(self.data_dir)
        os.kill(pid, signal.SIGQUIT)
        until(lambda: not self._embedded.is_alive() and not is_running(pid), "it does not end")

    def stop(self) -> None:
        """End it if it runs."""
        self._embedded.stop()

    def copy_to(self, data_dir: Path) -> None:
        """Make a replica, which follows when it is started."""
        cluster = data_dir / "postgresql"
        cluster.mkdir(parents=True, mode=0o700)
        data_dir.chmod(0o755)
        account = choose_account(self.data_dir / "postgresql")
        os.chown(cluster, account.uid, account.gid)
        program = self._embedded.binaries["pg_basebackup"]
        done = account.run(
            [program, "-d", self.url, "-D", cluster, "-R", "-X", "stream", "-c", "fast"]
        )
        assert done.returncode == 0, done.stdout
        for lock in cluster.glob(".s.PGSQL.*.lock"):  # of the socket, which lies in the directory
            lock.unlink()

    def _answers(self) -> bool:
        try:
            return ask(self.url, "SELECT 1") == "1"
        except psycopg.OperationalError:
            return False


def several(servers: "list[Server]") -> str:
    """One URL that leads to the one of them that takes writes."""
    parts = [conninfo_to_dict(server.url) for server in servers]
    hosts, ports = (",".join(str(part[key]) for part in parts) for key in ("host", "port"))
    return (
        f"postgresql://{parts[0]['user']}@/{parts[0]['dbname']}?host={quote(hosts, safe='')}"
        f"&port={quote(ports)}&target_session_attrs=read-write"
    )


@contextmanager
def replicating(cluster: Path, replicas: int) -> Iterator[list[Server]]:
    """A primary on a copy of `cluster`, migrated, and replicas that have caught up."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gati-test-")))
        directory.chmod(0o755)
        subprocess.run(["cp", "-a", cluster / "data", directory / "0"], check=True)
        servers = [Server(directory / "0")]
        stack.callback(servers[0].stop)
        hurry(servers[0].url)
        migrate.up(servers[0].url)
        partitions.ensure_partitions(servers[0].url)
        for number in range(1, replicas + 1):
            servers[0].copy_to(directory / str(number))
            servers.append(Server(directory / str(number)))
            stack.callback(servers[-1].stop)
        yield servers
