"""What people come for, each by the mouse and by the keyboard alone.

From a dear day to the step that cost it: test_overview.
"""

from datetime import datetime, timedelta

import pytest
from selenium.webdriver.common.keys import Keys

from tests.dashboard.conftest import needs_chromium
from tests.service import Service
from tests.ui.conftest import PHONE, Ui
from tests.ui.runs import Run, failing_run, send, short_run

pytestmark = needs_chromium
MOST_TABS = 80
SLOW_SECONDS = 250


def slow_run() -> Run:
    """A run that waited for a tool below a step."""
    run = Run("Waiter", SLOW_SECONDS + 60)
    root = run.add("agent_start")
    run.add("llm_call", root, name="think", model="gpt-4o", latency_ms=900, cost=0.25)
    step = run.add("step", root, step_name="look up")
    run.add("tool_call", step, tool_name="query_orders", latency_ms=SLOW_SECONDS * 1000)
    run.add("agent_end")
    for event in run.events[3:]:
        moment = datetime.fromisoformat(event["timestamp"]) + timedelta(seconds=SLOW_SECONDS)
        event["timestamp"] = moment.isoformat()
    return run


@pytest.fixture(scope="module")
def url(service: Service) -> str:
    """The address of a page that shows ordinary runs, a slow one and one that failed."""
    runs = [slow_run(), failing_run("Keeper")[0], *(short_run("Singer", 600) for _ in "123")]
    send(service, [event for run in runs for event in run.events])
    return f"{service.url}/ui/"


def tab_to(ui: Ui, css: str) -> None:
    """Press Tab until an element of a selector has the focus, and Enter on it."""
    for _ in range(MOST_TABS):
        if ui.run_script(f'return document.activeElement.matches("{css}")'):
            ui.press(Keys.ENTER)
            return
        ui.press(Keys.TAB)
    raise AssertionError(f"{css} cannot be reached")


def shows_the_slow_step(ui: Ui) -> None:
    """Wait until the step that took longest is chosen, and its detail beside it."""
    ui.until(lambda: ui.texts(".trace-row.is-selected .name") == ["query_orders"], "the step")
    ui.until(lambda: "4 min 10 s" in ui.find(".detail").text, "its duration")


def shows_the_failed_step(ui: Ui) -> None:
    """Wait until the step that failed is chosen, with its error and its stack."""
    ui.until(lambda: ui.texts(".trace-row.is-selected .name") == ["run_sql"], "the step")
    ui.shows("statement timeout", "File agent.py, line 88")


def test_which_step_is_slow(ui: Ui, url: str) -> None:
    ui.open(url, "Slowest runs")
    ui.click("//a[text()='Slowest runs']")
    ui.has_address("tab=slowest")
    ui.click("(//a[contains(@class, 'run-row')][contains(., 'Waiter')])[1]")
    ui.click("//button[text()='Slowest']")
    shows_the_slow_step(ui)
    ui.click("//button[text()='Slowest']")
    ui.until(lambda: ui.texts(".trace-row.is-selected .name") == ["agent_start"], "the next")


def test_which_step_is_slow_with_the_keyboard_alone(ui: Ui, url: str) -> None:
    ui.open(url, "Slowest runs")
    tab_to(ui, "a[href*='tab=slowest']")
    ui.has_address("tab=slowest")
    ui.until(lambda: "Waiter" in ui.texts("a.run-row")[0], "the slowest first")
    tab_to(ui, "a.run-row")
    ui.shows("Slowest", "query_orders")
    ui.press("s")
    shows_the_slow_step(ui)


def test_why_a_run_failed(ui: Ui, url: str) -> None:
    ui.open(url, "Failed runs")
    ui.click("//a[@class='chip'][text()='Failed runs']")
    ui.click("(//a[contains(@class, 'run-row')][contains(., 'Keeper')])[1]")
    ui.click("//button[contains(., 'Next error')]")
    shows_the_failed_step(ui)


def test_why_a_run_failed_on_a_phone(ui: Ui, url: str) -> None:
    ui.look(PHONE)
    ui.open(url, "Failed runs")
    ui.click("//dt/a[text()='Failed runs']")
    ui.click("//a[contains(@class, 'run-row')][contains(., 'Keeper')]")
    button = ui.find(".next-error").rect
    assert button["x"] + button["width"] < PHONE[0]
    ui.pick(".next-error")
    shows_the_failed_step(ui)
    assert ui.find(".detail").rect["width"] == PHONE[0]


@pytest.mark.parametrize(
    ("figure", "agent", "last"),
    [("Cost", "Singer", "Costliest"), ("p95 of durations", "Waiter", "Slowest")],
)
def test_a_figure_of_the_overview_leads_to_the_runs_behind_it(
    ui: Ui, url: str, figure: str, agent: str, last: str
) -> None:
    ui.open(f"{url}?agent={agent}", figure)
    ui.click(f"//dt/a[text()='{figure}']")
    ui.has_address("/ui/runs?")
    ui.until(lambda: "run 1" in "".join(ui.texts("a.run-row")), "its runs")
    ui.click("(//a[contains(@class, 'run-row')])[1]")
    ui.click(f"//button[text()='{last}']")
    ui.shows("Event id")


def test_past_the_filters_of_the_runs_in_two_keys(ui: Ui, url: str) -> None:
    ui.open(f"{url}runs?sort=duration", "Waiter")
    ui.press(Keys.TAB, Keys.ENTER)
    assert ui.run_script("return document.activeElement.textContent.includes('Waiter')")
    ui.press(Keys.ENTER)
    ui.has_address("/ui/runs/")


def test_why_a_run_failed_with_the_keyboard_alone(ui: Ui, url: str) -> None:
    ui.open(url, "Failed runs")
    tab_to(ui, ".chip[href*='tab=failed']")
    ui.until(lambda: len(ui.texts("a.run-row")) == 1, "the failed alone")
    tab_to(ui, "a.run-row")
    ui.shows("Next error")
    ui.press("e")
    shows_the_failed_step(ui)
