"""A streaming replica of a scratch PostgreSQL, made anew for a block."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.front import wait_for_database
from bench.measured import WAL
from bench.service import scratch_directory
from service.postgres.account import choose_account
from service.postgres.server import EmbeddedServer

QUERIES = Path(__file__).parent / "standby"
REPLAYED, SESSIONS = QUERIES / "replayed.sql", QUERIES / "sessions.sql"
PATIENCE_SECONDS = 60.0


@contextmanager
def replica(primary_url: str) -> Iterator[str]:
    """Copy the primary, let the copy follow it, and give its URL; removed afterwards."""
    with scratch_directory() as directory:
        server = EmbeddedServer(directory)
        copy(primary_url, server, directory / "postgresql")
        server.launch()
        try:
            wait_for_database(server.url)
            yield server.url
        finally:
            server.stop()


def copy(primary_url: str, server: EmbeddedServer, cluster: Path) -> None:
    """Make a cluster that follows the primary once it is started."""
    program = server.binaries["pg_basebackup"]
    account = choose_account(None)
    cluster.mkdir(mode=0o700)
    os.chown(cluster, account.uid, account.gid)
    command: list[str | Path] = [
        program,
        "-d",
        primary_url,
        "-D",
        cluster,
        "-R",
        "-X",
        "stream",
        "-c",
        "fast",
    ]
    done = account.run(command)
    if done.returncode:
        raise RuntimeError(f"pg_basebackup: {done.stdout}")
    for lock in cluster.glob(".s.PGSQL.*.lock"):  # of the primary's socket, which lies there too
        lock.unlink()


def settle(primary_url: str, replica_url: str) -> None:
    """Return once the replica has all that the primary has by now.

    Raises RuntimeError where the service does not read there: it would have fallen back.
    """
    if not ask(replica_url, SESSIONS):
        raise RuntimeError("the service reads elsewhere: its own words are above")
    deadline, wanted = time.monotonic() + PATIENCE_SECONDS, ask(primary_url, WAL)
    while ask(replica_url, REPLAYED) < wanted:
        if time.monotonic() > deadline:
            raise RuntimeError("the replica does not catch up")
        time.sleep(0.05)


def ask(url: str, file: Path) -> int:
    """The one number of a query."""
    with psycopg.connect(url) as conn:
        row = conn.execute(file.read_bytes()).fetchone()
    assert row is not None, "it is one row"  # noqa: S101
    return int(row[0])
