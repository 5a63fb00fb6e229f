"""An embedded server for a test, of the PostgreSQL under test, and questions to it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from service.postgres.postmaster import read_pid_file
from service.postgres.server import EmbeddedServer

# PG=15 tests Debian's programs, nothing the bundled ones.
PG = os.environ.get("PG")
BIN_DIR = Path(f"/usr/lib/postgresql/{PG}/bin") if PG else None


@contextmanager
def started(data_dir: Path) -> Iterator[EmbeddedServer]:
    data_dir.mkdir(exist_ok=True)
    running = EmbeddedServer(data_dir, BIN_DIR)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def ask(url: str, question: str) -> str:
    with psycopg.connect(url, autocommit=True) as conn:
        row = conn.execute(question.encode()).fetchone()
        assert row
        return str(row[0])


def do(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(statement.encode())


def postmaster_of(data_dir: Path) -> int:
    found = read_pid_file(data_dir / "postgresql")
    assert found
    return found.pid


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """PostgreSQL's processes of one postmaster, hanging for a block."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    pids = [pid, *map(int, children)]
    for each in pids:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in pids:
            os.kill(each, signal.SIGCONT)
