"""The service as a process of its own: `python -m service serve` on a database of the tests."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests import pgbouncer
from tests.leaks import TRACEBACK, look_through_headers, look_through_log
from tests.processes.harness import (
    REPOSITORY,
    children,
    command,
    environment,
    free_port,
    is_healthy,
    until,
)

ANSWER_SECONDS = 30  # a hang guard: no answer here takes a second
STOP_SECONDS = 60
# Another number of workers or another worker class for all of these tests, as for the service.
HONOURED = ("WORKERS", "THREADS", "WORKER_CLASS")


class Service:
    """A running service; gunicorn's master is the process itself, since it has a DATABASE_URL."""

    def __init__(
        self, database_url: str, output: Path, project: Path, port: int = 0, **variables: Any
    ) -> None:
        """Start it, on a free port unless one is given."""
        self.port = port or free_port()
        self.database_url = database_url
        self._output = output
        chosen = {name: os.environ[name] for name in HONOURED if os.environ.get(name)}
        settings = {
            "PORT": self.port,
            "DATABASE_URL": database_url,
            "ALLOWED_HOSTS": "gati,x,example.org",  # what requests that are written by hand say
            "PYTHONPATH": project,
            "PYTHONWARNINGS": "always",
            **pgbouncer.variables(database_url),
        }
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                command("serve"),
                cwd=output.parent,
                env=environment(**{**settings, **chosen, **variables}),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def url(self) -> str:
        """The address, without a path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._output.read_text(errors="replace")

    @property
    def workers(self) -> set[int]:
        """The pids of its workers."""
        return set(children(self.process.pid))

    def get(self, path: str) -> requests.Response:
        """GET a path, as it is written here."""
        answer = requests.get(self.url + path, timeout=ANSWER_SECONDS)
        look_through_headers(answer.headers)
        return answer

    def ok(self, path: str) -> Any:
        """The parsed answer of a GET that must be 200."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def post(self, body: bytes, path: str = "/api/events", **headers: str) -> requests.Response:
        """POST a body as it is, as JSON."""
        return requests.post(
            self.url + path,
            data=body,
            headers={"Content-Type": "application/json", **headers},
            timeout=ANSWER_SECONDS,
        )

    def wait_until_healthy(self) -> None:
        """Ask until /health answers 200."""
        try:
            until(self._is_healthy, "the service does not answer /health")
        except AssertionError as error:
            error.add_note(self.output)
            raise

    def _is_healthy(self) -> bool:
        assert self.process.poll() is None, "the service has ended"
        return is_healthy(self.url)

    def stop(self) -> int:
        """Ask it to end and return its exit code; kill it when it does not."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)  # the session it was started in
            return self.process.wait()


@contextmanager
def serving(
    database_url: str, directory: Path, project: Path = REPOSITORY, **variables: Any
) -> Iterator[Service]:
    """Run a service for a block; it must end cleanly, and have no warning or traceback to tell."""
    output = directory / f"service-{time.monotonic_ns()}.log"
    service = Service(database_url, output, project, **variables)
    try:
        service.wait_until_healthy()
        yield service
    finally:
        code = service.stop()
    assert code == 0, service.output
    look_through_log(service.output)
    assert not TRACEBACK.search(service.output), service.output
    for sign in ("Warning", '"level": "error"', '"level": "critical"'):
        assert sign not in service.output, service.output
