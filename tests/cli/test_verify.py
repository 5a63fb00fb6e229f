"""`verify` and `refresh` as commands: what they print, their exit codes, the bar on a terminal."""

import os
import re
import subprocess
import termios
from pathlib import Path

import pytest

from service.db.queries import Connection
from tests.client import Client
from tests.metrics.asking import store
from tests.metrics.recount import AGENTS, mixed
from tests.metrics.test_verify import ORPHAN
from tests.processes.harness import command, environment, run

FIELD = re.compile(r"^(\w+)  (.+)  (\w+): stored (\S+), counted (\S+)$", re.MULTILINE)


@pytest.fixture
def filled_url(client: Client, database_url: str) -> str:
    """A database with the mixed data set, half of it folded."""
    store(client, database_url, "half folded", mixed())
    return database_url


def test_no_difference_is_said_with_exit_code_0(filled_url: str, tmp_path: Path) -> None:
    done = run(tmp_path, "verify", DATABASE_URL=filled_url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "no difference\n", "")


def test_each_difference_is_a_line_with_exit_code_1(
    filled_url: str, conn: Connection, tmp_path: Path
) -> None:
    conn.execute("UPDATE runs SET total_cost = 5, status = 'active' WHERE run_name = 'run 1'")
    done = run(tmp_path, "verify", DATABASE_URL=filled_url)
    assert done.returncode == 1
    lines = [line for line in FIELD.findall(done.stdout) if line[0] == "runs"]
    costs = [line for line in lines if line[2] == "total_cost"]
    assert {line[2] for line in lines} == {"total_cost", "status"}
    assert len(costs) == 3  # each agent has its run 1
    assert all("run_name='run 1'" in key and float(stored) == 5 for _, key, _, stored, _ in costs)
    assert all(any(f"agent_name={agent!r}" in key for _, key, *_ in costs) for agent in AGENTS)
    assert done.stdout.splitlines()[-1] == f"{len(FIELD.findall(done.stdout))} differences"


def test_an_agent_can_be_verified_alone(filled_url: str, conn: Connection, tmp_path: Path) -> None:
    conn.execute("UPDATE daily_metrics SET errors = errors + 1 WHERE agent_name = 'a/b c'")
    for agent, code in (("a/b c", 1), ("alpha", 0), ("日本語", 0)):
        done = run(tmp_path, "verify", "--agent", agent, DATABASE_URL=filled_url)
        assert done.returncode == code, done.stdout


def test_repair_rebuilds_and_ends_with_exit_code_0(
    filled_url: str, conn: Connection, tmp_path: Path
) -> None:
    conn.execute("UPDATE daily_metrics SET errors = errors + 1")
    conn.execute("UPDATE runs SET status = 'active'")
    done = run(tmp_path, "verify", "--repair", DATABASE_URL=filled_url)
    assert (done.returncode, done.stdout.splitlines()[-2:]) == (0, ["repaired", "no difference"])
    assert run(tmp_path, "verify", DATABASE_URL=filled_url).returncode == 0


def test_repair_without_a_difference_does_nothing(filled_url: str, tmp_path: Path) -> None:
    done = run(tmp_path, "verify", "--repair", DATABASE_URL=filled_url)
    assert (done.returncode, done.stdout) == (0, "no difference\n")


def test_orphans_remain_after_a_repair_with_exit_code_1(
    filled_url: str, conn: Connection, tmp_path: Path
) -> None:
    conn.execute(ORPHAN)
    done = run(tmp_path, "verify", "--repair", DATABASE_URL=filled_url)
    assert done.returncode == 1
    assert "after the repair there remain:" in done.stdout
    assert "events_without_run: stored 1, counted 0" in done.stdout.splitlines()[-2]


def test_a_terminal_shows_a_bar(filled_url: str, tmp_path: Path) -> None:
    terminal, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    try:
        done = subprocess.run(
            command("verify"),
            cwd=tmp_path,
            env=environment(DATABASE_URL=filled_url),
            stdout=subprocess.PIPE,
            stderr=theirs,
            check=False,
            timeout=60,
        )
        os.set_blocking(terminal, False)
        shown = os.read(terminal, 100_000).decode()
    finally:
        os.close(theirs)
        os.close(terminal)
    assert (done.returncode, done.stdout) == (0, b"no difference\n")
    assert "0%" in shown
    assert "/400 [" in shown


def test_refresh_once_says_what_it_folded(
    filled_url: str, conn: Connection, tmp_path: Path
) -> None:
    waiting = len(conn.execute("SELECT FROM metric_deltas").fetchall())
    for count in (waiting, 0):
        done = run(tmp_path, "refresh", "--once", DATABASE_URL=filled_url)
        assert done.returncode == 0
        assert re.fullmatch(rf"folded {count} deltas in \d+\.\d{{3}} s\n", done.stdout)
