"""Runs programs that use the SDK."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes.harness import REPOSITORY, environment
from tests.sdk.programs.recording import RECORD_VARIABLE
from tests.sdk.recorded import Recording
from tests.service import Service

PROGRAM_SECONDS = 60

RunProgram = Callable[[str], Recording]


@pytest.fixture(scope="module")
def run_program(service: Service, tmp_path_factory: pytest.TempPathFactory) -> RunProgram:
    """Run tests/sdk/programs/<name>.py against the service, to its good end."""
    return runner(service, tmp_path_factory)


def runner(service: Service, tmp_path_factory: pytest.TempPathFactory) -> RunProgram:
    """What run_program is, for a service that a test has started itself."""

    def run(name: str) -> Recording:
        record: Path = tmp_path_factory.mktemp("sdk") / "requests"
        done = subprocess.run(
            [sys.executable, "-m", f"tests.sdk.programs.{name}"],
            cwd=REPOSITORY,
            env=environment(GATI_BACKEND_URL=service.url, **{RECORD_VARIABLE: record}),
            capture_output=True,
            text=True,
            check=False,
            timeout=PROGRAM_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        requests = [json.loads(line) for line in record.read_text().splitlines()]
        return Recording(requests, done.stdout)

    return run
