"""The released dashboard before a real service that real programs have filled."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.dashboard.browser import CHROMIUM, DRIVER, Page, browsing
from tests.events import Event, event, new_id
from tests.processes.harness import command, environment, free_port
from tests.sdk.conftest import RunProgram, run_program
from tests.service import Service, serving

__all__ = ["run_program"]  # a fixture here too

needs_chromium = pytest.mark.skipif(
    not (CHROMIUM.exists() and DRIVER.exists()),
    reason="needs Debian's chromium and chromium-driver",
)
PROGRAMS = ("decorators", "graph", "chain")
# The programs run today and spend fractions of a cent, which would leave the charts' lines flat.
SPENDER = "Spender"
SPENT = {20: 12.5, 9: 40.25, 2: 3.0}  # days ago -> dollars


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
    """The service with what the SDK's programs did, and what an agent spent on earlier days."""
    for program in PROGRAMS:
        run_program(program)
    events = [call for days, cost in SPENT.items() for call in expensive_run(days, cost)]
    assert service.post(json.dumps({"events": events}).encode()).json()["inserted"] == len(events)
    return service


def expensive_run(days_ago: int, cost: float) -> list[Event]:
    """A run that called a model once."""
    run_id, moment = new_id(), datetime.now(UTC) - timedelta(days=days_ago)
    call = {"model": "gpt-4o", "tokens_in": 1000 * days_ago, "tokens_out": 9000, "cost": cost}
    return [
        event(run_id, kind, agent_name=SPENDER, timestamp=moment.isoformat(), data=data)
        for kind, data in (("agent_start", {}), ("llm_call", call), ("agent_end", {}))
    ]


@pytest.fixture(scope="module")
def dashboard(
    filled: Service, dashboard_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of the dashboard, served by `python -m service dashboard`."""
    process = subprocess.Popen(
        command("dashboard", "--port", str(dashboard_port)),
        cwd=tmp_path_factory.mktemp("dashboard"),
        env=environment(PORT=filled.port),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    process.stdout.readline()  # it says so once it listens
    yield f"http://localhost:{dashboard_port}"
    process.terminate()
    process.communicate(timeout=10)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A browser, for as long as its start takes."""
    with browsing(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(browser: Page) -> Iterator[Page]:
    """The browser, in which nothing may go wrong while a test goes through the pages."""
    yield browser
    assert browser.problems() == []
