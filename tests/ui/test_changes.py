"""What can be done with runs and agents: downloads, and with an admin key changes."""

import json
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from service.auth.key_admin import create
from service.auth.scopes import Scope
from tests.dashboard.conftest import needs_chromium
from tests.service import Service
from tests.ui.conftest import PHONE, Ui, needs_axe
from tests.ui.runs import HARM, failing_run, send, short_run

pytestmark = needs_chromium
MENU = "button[title='Download, rename, delete']"
OF_AGENT = "button[title='Describe, delete']"
CHANGES = ["Rename…", "Delete…"]
FILES = {
    "JSON": "json",
    "NDJSON, to import elsewhere": "events.ndjson",
    "OTLP/JSON": "otlp.jsonl",
    "Chrome trace (Perfetto, speedscope)": "chrome.json",
}


@pytest.fixture
def run_id(service: Service) -> str:
    """A run of an agent of its own."""
    run, _ = failing_run("Keeper")
    send(service, run.events)
    return run.run_id


def menu(ui: Ui) -> list[str]:
    """What the open menu offers."""
    ui.find(".menu:popover-open")
    return ui.texts(".menu button")


def test_a_run_is_downloaded_in_four_formats(
    ui: Ui, service: Service, run_id: str, tmp_path: Path
) -> None:
    ui.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    ui.open(f"{service.url}/ui/runs/{run_id}", "run_sql")
    found: dict[str, Any] = {}
    for label, ending in FILES.items():
        ui.pick(MENU)
        assert menu(ui) == [*FILES, *CHANGES]
        ui.click(f"//button[text()='{label}']")
        file = tmp_path / f"run-{run_id}.{ending}"
        ui.until(file.exists, f"{file}")
        found[label] = [json.loads(line) for line in file.read_text().splitlines()]
        ui.waits_for(".menu", 0)
    one, lines, spans, trace = found.values()
    assert [len(one[0]["events"]), len(lines), len(spans), len(trace)] == [6, 7, 1, 1]
    assert lines[-1]["export"] == {"complete": True, "events": 6}
    assert spans[0]["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert sum(one["ph"] == "X" for one in trace[0]["traceEvents"]) == 6


def test_a_download_that_fails_says_so(ui: Ui, service: Service, run_id: str) -> None:
    ui.open(f"{service.url}/ui/runs/{run_id}", "run_sql")
    with ui.without_answers("*/export/*"):
        ui.pick(MENU)
        ui.click("//button[text()='OTLP/JSON']")
        ui.shows("The service does not answer")
    assert menu(ui)


def test_keys_alone_rename_a_run_and_an_error_is_shown(
    ui: Ui, service: Service, run_id: str
) -> None:
    other, _ = failing_run("Keeper")
    send(service, other.events)
    taken = service.ok(f"/api/runs/{other.run_id}")["run_name"]
    ui.open(f"{service.url}/ui/runs/{run_id}", "run_sql")
    ui.run_script(f'document.querySelector("{MENU}").focus()')
    ui.press(Keys.ENTER)
    assert menu(ui) == [*FILES, *CHANGES]
    ui.press(Keys.ESCAPE)
    ui.waits_for(".menu", 0)
    ui.press(Keys.ENTER, *[Keys.TAB] * 4, Keys.ENTER)
    ui.shows("Rename run")
    ui.run_script("document.querySelector('dialog input').select()")
    ui.press(taken, Keys.ENTER)
    ui.until(lambda: ui.texts("dialog .problem"), "the name is taken")
    refused = [problem for problem in ui.problems() if "409" not in problem]
    assert refused == []
    ui.run_script("document.querySelector('dialog input').select()")
    ui.press("a/b <i>", Keys.ENTER)
    ui.waits_for("dialog", 0)
    ui.shows("a/b <i>", "run_sql")
    assert service.ok(f"/api/runs/{run_id}")["run_name"] == "a/b <i>"


def test_a_run_is_deleted_after_a_question_that_names_what_goes(
    ui: Ui, service: Service, run_id: str
) -> None:
    name = service.ok(f"/api/runs/{run_id}")["run_name"]
    ui.open(f"{service.url}/ui/runs/{run_id}", "run_sql")
    ui.pick(MENU)
    ui.click("//button[text()='Delete…']")
    ui.shows(f"Delete {name}?", "Keeper", "its 6 events", "cannot be undone")
    ui.press(Keys.ENTER)  # the focus is on Cancel
    ui.waits_for("dialog", 0)
    assert service.get(f"/api/runs/{run_id}").status_code == 200
    ui.pick(MENU)
    ui.click("//button[text()='Delete…']")
    with ui.without_answers("*/api/runs/*"), ui.without_answers(f"*/runs/{run_id}"):
        ui.click("//dialog//button[text()='Delete']")
        ui.shows("The service does not answer")
    ui.click("//dialog//button[text()='Delete']")
    ui.has_address("/ui/runs?agent=Keeper")
    assert service.get(f"/api/runs/{run_id}").status_code == 404


def test_an_agent_is_described_and_deleted(ui: Ui, service: Service) -> None:
    for _ in range(3):
        send(service, short_run(HARM[1]).events)
    ui.open(f"{service.url}/ui/agents", HARM[1])
    ui.click(f"//a[text()='{HARM[1]}']")
    ui.pick(OF_AGENT)
    ui.click("//button[text()='Describe…']")
    ui.find("dialog textarea").send_keys(HARM[0])
    ui.click("//dialog//button[text()='Save']")
    ui.waits_for("dialog", 0)
    ui.shows(HARM[0], "Newest runs")
    ui.pick(OF_AGENT)
    ui.click("//button[text()='Delete…']")
    ui.shows(f"Delete {HARM[1]}?", "all its 3 runs and their 9 events", "cannot be undone")
    ui.click("//dialog//button[text()='Delete']")
    ui.has_address("/ui/agents")
    ui.shows("Agents")
    ui.shows_no(HARM[1])
    assert ui.run_script("return window.harmed") is None


@needs_axe
@pytest.mark.parametrize("size", [PHONE, (1400, 900)])
def test_menu_and_question_are_accessible_and_whole(
    ui: Ui, service: Service, run_id: str, size: tuple[int, int]
) -> None:
    for scheme in ("light", "dark"):
        ui.look(size, scheme)
        ui.open(f"{service.url}/ui/runs/{run_id}", "run_sql")
        ui.pick(MENU)
        menu(ui)
        assert ui.violations() == []
        box = ui.find(".menu").rect
        assert 0 <= box["x"] <= box["x"] + box["width"] <= size[0]
        ui.click("//button[text()='Delete…']")
        ui.find("dialog[open]")
        assert ui.violations() == []
        ui.press(Keys.ESCAPE)


def test_only_an_admin_key_sees_what_changes(
    ui: Ui, service: Service, service_database_url: str, run_id: str
) -> None:
    reader, admin = (
        create(service_database_url, scope.value, scope, None)
        for scope in (Scope.READ, Scope.ADMIN)
    )

    def asks() -> bool:
        """Whether the page asks for a key, as each worker does once it knows of the first one."""
        ui.browser.get(f"{service.url}/ui/runs/{run_id}")
        ui.find("dialog[open] input, .trace-row")
        return bool(ui.texts("dialog[open]"))

    for key, changes in ((reader, []), (admin, CHANGES)):
        ui.until(asks, "the question for a key")
        ui.find("dialog[open] input").send_keys(key, Keys.ENTER)
        ui.shows("run_sql")
        ui.pick(MENU)
        assert menu(ui) == [*FILES, *changes]
        ui.press(Keys.ESCAPE)
        ui.open(f"{service.url}/ui/agents/Keeper", "Newest runs")
        assert len(ui.texts(OF_AGENT)) == (key == admin)
        refused = [problem for problem in ui.problems() if "401" not in problem]
        assert refused == []
        ui.run_script("sessionStorage.clear()")
