"""How one gets to the page: to an empty service, behind a prefix, with a key."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from service.auth.key_admin import create
from service.auth.scopes import Scope
from tests.dashboard.conftest import needs_chromium
from tests.deploy.conftest import needs_nginx
from tests.deploy.proxy import nginx
from tests.processes.harness import until
from tests.service import Service
from tests.ui.conftest import Ui
from tests.ui.runs import failing_run, send, short_run

pytestmark = [needs_chromium, needs_nginx]
TEMPLATE = Path(__file__).with_name("prefix.conf.template")


@pytest.fixture(scope="module")
def prefixed(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the service behind a proxy that takes a prefix away."""
    backend = f"127.0.0.1:{service.port}"
    with nginx(TEMPLATE, tmp_path_factory.mktemp("nginx"), BACKEND=backend) as proxy:
        yield f"{proxy.url}/tools/gati"


def run_installed(snippet: str) -> str:
    """What a snippet prints, run as it is written but for what it would install."""
    lines = [line for line in snippet.splitlines() if not line.startswith("pip install")]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    return done.stdout


def test_while_nothing_is_stored_it_says_how_to_begin_and_shows_the_first_run_by_itself(
    ui: Ui, service: Service
) -> None:
    ui.open(f"{service.url}/ui/", "Nothing is stored yet", "Waiting for the first event")
    sdk, otel, curl = ui.texts(".snippet pre")
    assert f"OTEL_EXPORTER_OTLP_ENDPOINT={service.url}\n" in otel
    assert "pip install opentelemetry-distro" in otel
    assert f"GATI_BACKEND_URL={service.url}\n" in sdk
    run_installed(sdk)
    ui.shows("hello", "run 1")
    ui.shows_no("Nothing is stored")
    assert '"inserted":1' in run_installed(curl)


def test_below_a_prefix_every_link_and_request_keeps_it(
    ui: Ui, service: Service, prefixed: str
) -> None:
    run, ids = failing_run("Keeper")
    send(service, run.events)
    ui.open(f"{prefixed}/", "Keeper")
    assert ui.browser.current_url == f"{prefixed}/ui/"
    ui.pick(f"a[href*='{run.run_id}']")
    ui.shows("run_sql", "Next error")
    assert ui.browser.current_url == f"{prefixed}/ui/runs/{run.run_id}"
    ui.open(f"{prefixed}/ui/runs/{run.run_id}?event={ids['tool']}", "statement timeout")
    ui.click("//a[text()='Keeper']")
    ui.shows("Newest runs")
    ui.click("//nav//a[text()='Live']")
    ui.shows("Waiting for events", "Live")
    ui.click("//nav//a[text()='Runs']")
    ui.shows("2 errors")
    hosts = ui.run_script(
        "return performance.getEntriesByType('resource').map(one => one.name)"
        ".filter(name => !name.startsWith(arguments[0]))".replace("arguments[0]", f"'{prefixed}/'")
    )
    assert hosts == []


def test_with_keys_it_asks_for_one_and_keeps_it_for_the_tab(
    ui: Ui, service: Service, service_database_url: str
) -> None:
    send(service, short_run("Guarded").events)
    reader, sender = (
        create(service_database_url, scope.value, scope, None)
        for scope in (Scope.READ, Scope.INGEST)
    )
    until(lambda: service.get("/api/agents").status_code == 401, "all are admitted")
    ui.browser.get(f"{service.url}/ui/live")
    for key, problem in (
        ("gati_read_x_y", "This key is not valid"),
        (sender, "This request needs a key of scope"),
        (reader, ""),
    ):
        ui.find("dialog[open] input").send_keys(key, Keys.ENTER)
        ui.shows(problem)
    ui.shows("Waiting for events", "Live")
    send(service, short_run("Heard", 2).events, Authorization=f"Bearer {sender}")
    ui.shows("Heard")
    ui.click("//nav//a[text()='Runs']")
    ui.shows("Guarded")
    ui.browser.refresh()
    ui.shows("Guarded", "Forget key")
    assert reader not in ui.browser.current_url
    refused = [
        problem for problem in ui.problems() if "401" not in problem and "403" not in problem
    ]
    assert refused == []
    ui.click("//button[text()='Forget key']")
    ui.shows("This service asks for a key")
    ui.problems()
