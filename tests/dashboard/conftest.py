"""The released dashboard before a real service that real programs have filled."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.dashboard.browser import CHROMIUM, DRIVER, Page, browsing
from tests.operations.harness import command, environment, free_port
from tests.sdk.conftest import RunProgram, run_program
from tests.service import Service, serving

__all__ = ["run_program"]  # a fixture here too

PROGRAMS = ("decorators", "graph")


@pytest.fixture(scope="module")
def dashboard_port() -> int:
    """Where the dashboard will be."""
    return free_port()


@pytest.fixture(scope="module")
def service(
    service_database_url: str, dashboard_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service that the dashboard's pages may call."""
    origin = f"http://localhost:{dashboard_port}"
    directory = tmp_path_factory.mktemp("service")
    with serving(service_database_url, directory, CORS_ORIGINS=origin) as running:
        yield running


@pytest.fixture(scope="module")
def filled(service: Service, run_program: RunProgram) -> Service:
    """The service with what the SDK's programs did."""
    for program in PROGRAMS:
        run_program(program)
    return service


@pytest.fixture(scope="module")
def dashboard(
    filled: Service, dashboard_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of the dashboard, served by `python -m service dashboard`."""
    process = subprocess.Popen(
        command("dashboard"),
        cwd=tmp_path_factory.mktemp("dashboard"),
        env=environment(DASHBOARD_PORT=dashboard_port, PORT=filled.port),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    process.stdout.readline()  # it says so once it listens
    yield f"http://localhost:{dashboard_port}"
    process.terminate()
    process.communicate(timeout=10)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A browser."""
    if not (CHROMIUM.exists() and DRIVER.exists()):
        pytest.skip("needs Debian's chromium and chromium-driver")
    with browsing(tmp_path_factory.mktemp("profile")) as page:
        yield page
