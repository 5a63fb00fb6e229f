"""Runs programs that are traced by OpenTelemetry."""

import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.processes.harness import REPOSITORY, environment
from tests.service import Service

PROGRAM_SECONDS = 60

RunProgram = Callable[..., None]


@pytest.fixture(scope="module")
def run_program(service: Service) -> RunProgram:
    """What runner makes, for the module's service."""
    return runner(service)


def runner(service: Service) -> RunProgram:
    """Run tests/otlp/programs/<name>.py, which sends to the service, to its good end.

    An exporter that is refused, or told of rejected spans, says so on standard error: nothing but
    `said` may stand there.
    """

    def run(name: str, *arguments: str, path: str = "", said: str = "", **variables: str) -> None:
        where = {"OTEL_EXPORTER_OTLP_ENDPOINT": service.url + path, **variables}
        done = subprocess.run(
            [sys.executable, "-m", f"tests.ingest.otlp.programs.{name}", *arguments],
            cwd=REPOSITORY,
            env=environment(**where),
            capture_output=True,
            text=True,
            check=False,
            timeout=PROGRAM_SECONDS,
        )
        assert (done.returncode, done.stdout) == (0, "")
        assert re.fullmatch(said, done.stderr), done.stderr

    return run
