"""Runs programs that use client libraries, against a service that needs a key."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from service.auth.key_admin import create
from service.auth.scopes import Scope
from tests.clients.models import serving_models
from tests.processes.harness import REPOSITORY, environment
from tests.service import ANSWER_SECONDS, Service, serving

PROGRAMS, INSTALLED = Path(__file__).parent / "programs", REPOSITORY / ".clients"
PROGRAM_SECONDS = 120
WHY_NOT = "the client libraries are not installed: make clients"

RunProgram = Callable[..., None]
Read = Callable[[str], Any]


@pytest.fixture(scope="session")
def models() -> Iterator[str]:
    """The address of the models."""
    with serving_models() as url:
        yield url


@pytest.fixture(scope="module")
def keys(service_database_url: str) -> dict[Scope, str]:
    """A key to send with, and one to read with."""
    return {
        scope: create(service_database_url, scope.value, scope, days=None)
        for scope in (Scope.INGEST, Scope.READ)
    }


@pytest.fixture(scope="module")
def guarded(
    keys: dict[Scope, str],
    service_database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """The service, which knows the keys."""
    with serving(service_database_url, tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def read(guarded: Service, keys: dict[Scope, str]) -> Read:
    """GET a path with the key for it."""

    def get(path: str) -> Any:
        headers = {"Authorization": f"Bearer {keys[Scope.READ]}"}
        answer = requests.get(guarded.url + path, headers=headers, timeout=ANSWER_SECONDS)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


@pytest.fixture(scope="module")
def run_program(guarded: Service, keys: dict[Scope, str], models: str) -> RunProgram:
    """Run a program to its good end; it is told where to send in the words of its libraries."""
    key = keys[Scope.INGEST]
    where = environment(
        PYTHONPATH=PROGRAMS,
        OTEL_EXPORTER_OTLP_ENDPOINT=guarded.url,
        OTEL_EXPORTER_OTLP_HEADERS=f"Authorization={quote(f'Bearer {key}')}",
        GATI_API_KEY=key,
        LANGFUSE_BASE_URL=guarded.url,
        LANGFUSE_PUBLIC_KEY="pk-lf-any",
        LANGFUSE_SECRET_KEY=key,
        OPENAI_BASE_URL=f"{models}/v1",
        OPENAI_API_KEY="none",
        ANTHROPIC_BASE_URL=models,
        ANTHROPIC_API_KEY="none",
    )

    def run(program: str, *arguments: str, **variables: str) -> None:
        done = subprocess.run(
            [*interpreted(program), *arguments],
            cwd=REPOSITORY,
            env=where | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=PROGRAM_SECONDS,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    return run


def interpreted(program: str) -> list[str]:
    """The command line of a program, in the environment of its language."""
    file = PROGRAMS / program
    if file.suffix == ".py":
        python = INSTALLED / "python" / "bin" / "python"
        assert python.exists(), WHY_NOT
        return [str(python), str(file)]
    if shutil.which("node") is None:
        pytest.skip("node is not here")
    assert (INSTALLED / "js" / "node_modules").exists(), WHY_NOT
    beside = INSTALLED / "js" / file.name  # node looks for packages beside the file
    shutil.copyfile(file, beside)
    return ["node", str(beside)]
