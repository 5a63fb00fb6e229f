"""Processes of the service for the tests: started, watched without sleeping blindly, and ended."""

import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests

from service.db.schema_version import DIRECTORY
from service.postgres.binaries import REACHABLE
from service.postgres.postmaster import read_pid_file
from tests.leaks import look_through_command, look_through_log

REPOSITORY = DIRECTORY.parent
PATIENCE_SECONDS = 90.0  # a hang guard: beside other tests on a slow machine a start has taken 30
POLL_SECONDS = 0.05

T = TypeVar("T")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def until(answer: Callable[[], T | None], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """Ask again and again until the answer is true, and return it; fail the test after a while."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = answer()
        if found:
            return found
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"after {seconds:.0f} s: {what}")


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_healthy(url: str) -> bool:
    """Tell whether /health answers 200; one that starts on a busy machine may take its time."""
    try:
        return requests.get(f"{url}/health", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def environment(**variables: Any) -> dict[str, str]:
    """Return the environment for a service: nothing of this one's settings, the given ones."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    given = {name: str(value) for name, value in variables.items()}
    return {**kept, "PYTHONPATH": str(REPOSITORY), **given}


def command(*arguments: str) -> list[str]:
    """Return the command line `python -m service …`."""
    return [sys.executable, "-m", "service", *arguments]


def run(cwd: Path, *arguments: str, **variables: Any) -> "subprocess.CompletedProcess[str]":
    """Run one command of the service to its end."""
    done = subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    look_through_command(arguments, done.stdout, done.stderr)
    return done


def type_into(cwd: Path, typed: bytes, *arguments: str, **variables: Any) -> tuple[int, str]:
    """Run one command with a terminal as its input; return its exit code and what it printed."""
    terminal, its_end = pty.openpty()
    try:
        with subprocess.Popen(
            command(*arguments),
            cwd=cwd,
            env=environment(**variables),
            stdin=its_end,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as asked:
            os.write(terminal, typed)
            printed, _ = asked.communicate(timeout=60)
    finally:
        os.close(terminal)
        os.close(its_end)
    return asked.returncode, printed


def children(pid: int) -> list[int]:
    """Return the pids of a process' children."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def is_running(pid: int) -> bool:
    """Tell whether the process exists and is more than a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def peak_mb(pid: int) -> float:
    """The most memory that a process has ever had, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [line] = [line for line in lines if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


def command_line(pid: int) -> str:
    """Return the command line of a process, empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


class Service:
    """A running `python -m service serve` on a data directory and a port."""

    def __init__(self, cwd: Path, data_dir: Path, popen: dict[str, Any], **variables: Any) -> None:
        self.port = int(variables.pop("PORT", 0)) or free_port()
        self.data_dir = data_dir
        self.output_path = cwd / f"output-{self.port}-{time.monotonic_ns()}"
        settings = environment(PORT=self.port, DATA_DIR=data_dir, **{"WORKERS": 1, **variables})
        with self.output_path.open("wb") as output:
            self.process = subprocess.Popen(
                popen.pop("args", command("serve")),
                **{
                    "cwd": cwd,
                    "env": {**settings, **popen.pop("env", {})},
                    "stdin": subprocess.DEVNULL,
                    "stdout": output,
                    "stderr": subprocess.STDOUT,
                    "start_new_session": True,
                    **popen,
                },
            )

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self.output_path.read_text()

    @property
    def gunicorn(self) -> int:
        """The pid of gunicorn's master."""
        return next(
            pid for pid in children(self.process.pid) if "gunicorn.conf.py" in command_line(pid)
        )

    @property
    def workers(self) -> set[int]:
        """The pids of gunicorn's workers."""
        return set(children(self.gunicorn))

    @property
    def postmaster(self) -> int:
        """The pid in postmaster.pid; 0 when there is none."""
        found = read_pid_file(self.data_dir / "postgresql")
        return found.pid if found else 0

    @property
    def log(self) -> str:
        """The log of its PostgreSQL."""
        return (self.data_dir / "postgresql.log").read_text()

    def is_healthy(self) -> bool:
        """Tell whether /health answers 200."""
        return is_healthy(self.url)

    def ready(self) -> "Service":
        """Wait until it has printed its greeting."""

        def greeted() -> bool:
            assert self.process.poll() is None, self.output
            return "read back" in self.output

        until(greeted, "no greeting")
        return self

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def exit_code(self) -> int:
        """Wait for its end."""
        return self.process.wait(PATIENCE_SECONDS)

    def clean_up(self) -> None:
        """End whatever of it still runs, by pid, and remove its data."""
        gunicorns = [pid for pid in children(self.process.pid) if pid != self.postmaster]
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in gunicorns:
            if "gunicorn.conf.py" in command_line(pid):
                os.kill(pid, signal.SIGKILL)
        end_postgres(self.data_dir)


def end_postgres(data_dir: Path) -> None:
    """End the PostgreSQL of a data directory, if one runs, and remove what lies outside of it."""
    link = data_dir / "postgresql"
    found = read_pid_file(link)
    if found and "postgres" in command_line(found.pid):
        os.kill(found.pid, signal.SIGQUIT)
        until(lambda: not is_running(found.pid), "PostgreSQL does not end")
    target = link.resolve()
    if link.is_symlink() and target.parent == REACHABLE and target.name.startswith("data-"):
        shutil.rmtree(target, ignore_errors=True)


@contextmanager
def serving(
    cwd: Path, data_dir: Path, popen: dict[str, Any] | None = None, **variables: Any
) -> Iterator[Service]:
    """Run a service for a block, and leave nothing of it behind."""
    service = Service(cwd, data_dir, dict(popen or {}), **variables)
    try:
        yield service
    finally:
        service.clean_up()
    look_through_log(service.output)
    for log in data_dir.glob("postgresql.log*"):
        look_through_log(log.read_text(errors="replace"))


def post(service: Service, run_id: str) -> requests.Response:
    """Send one event of a run."""
    event = {
        "run_id": run_id,
        "agent_name": "a",
        "event_type": "agent_start",
        "timestamp": "2026-11-22T10:00:00Z",
    }
    return requests.post(f"{service.url}/api/events", json={"events": [event]}, timeout=10)
