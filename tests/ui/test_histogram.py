"""Runs over time above the list: by mouse, by keys, beside every filter, of nothing and of harm."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.dashboard.conftest import needs_chromium
from tests.events import event, new_id
from tests.service import Service
from tests.ui.conftest import PHONE, Ui, needs_axe
from tests.ui.runs import harmful_run, send

pytestmark = needs_chromium
HOURS = 48
BARS = ".histogram-bars"


@pytest.fixture(scope="module")
def filled(service: Service) -> Service:
    """A run each hour of two days, of which the first twelve failed; and one that means harm."""
    newest = datetime.now(UTC).replace(minute=30, second=0, microsecond=0) - timedelta(hours=1)
    events = []
    for number in range(HOURS):
        moment = (newest - timedelta(hours=number)).isoformat()
        failed = {"status": "error", "error": "no"} if number >= HOURS - 12 else {}
        said = {"input": f"needle {number}", "session_id": "s-1", "tags": ["nightly"], **failed}
        run = new_id()
        events += [
            event(run, "agent_start", agent_name="Hourly", timestamp=moment, data=said),
            event(run, "agent_end", agent_name="Hourly", timestamp=moment, data=failed),
        ]
    send(service, events + harmful_run().events)
    return service


def counted(ui: Ui) -> list[str]:
    """The counts in the quick filters."""
    return ui.texts(".chip-count:not(:empty)")


def test_it_counts_runs_and_failures_and_the_quick_filters_say_how_many(
    ui: Ui, filled: Service
) -> None:
    ui.open(f"{filled.url}/ui/runs?agent=Hourly", "48 runs, 12 failed")
    ui.until(lambda: counted(ui) == ["48", "12", "0"], "the counts")
    assert len(ui.texts(".bar-part")) >= 6
    ui.click("//button[starts-with(., 'Failed')]")
    ui.waits_for("a.run-row", 12)
    assert counted(ui) == ["48", "12", "0"]
    ui.find("input[name=q]").send_keys("NEEDLE 47")
    ui.waits_for("a.run-row", 1)
    assert not ui.find(".histogram").is_displayed()  # only events would tell
    assert counted(ui) == []
    ui.browser.get(f"{filled.url}/ui/runs?agent=Hourly")
    ui.find("input[name=session_id]").send_keys("s-1")
    ui.has_address("session_id=s-1")
    ui.until(lambda: counted(ui) == ["48", "12", "0"], "the counts")


def test_dragging_narrows_the_window_and_the_address_says_so(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/runs?agent=Hourly", "48 runs, 12 failed")
    bars = ui.find(BARS)
    wide = bars.rect["width"]
    drag = ActionChains(ui.browser, duration=50)
    drag.move_to_element_with_offset(bars, int(wide * 0.1), 0).click_and_hold()
    drag.move_to_element_with_offset(bars, int(wide * 0.3), 0).release().perform()
    ui.has_address("from=")
    ui.until(lambda: 4 < len(ui.texts("a.run-row")) < 16, "the runs of a fifth of the window")
    shown = len(ui.texts("a.run-row"))
    assert ui.run_script("return document.querySelector('.quick select').value") == "chosen"
    ui.browser.refresh()
    ui.shows(f"{shown} runs, 0 failed")
    ui.browser.back()
    ui.shows("48 runs, 12 failed")


def test_keys_alone_choose_a_part(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/runs?agent=Hourly", "48 runs, 12 failed")
    ui.run_script(f"document.querySelector('{BARS}').focus()")
    ui.press(Keys.HOME)
    for _ in range(3):
        ActionChains(ui.browser).key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT).key_up(
            Keys.SHIFT
        ).perform()
    ui.until(lambda: "failed" in (ui.find(BARS).get_attribute("aria-valuetext") or ""), "it says")
    ui.press(Keys.ENTER)
    ui.has_address("from=")
    ui.until(lambda: 1 < len(ui.texts("a.run-row")) < 6, "the runs of four bars")
    assert set(ui.texts("a.run-row .icon-error title")) == {"failed"}


def test_without_runs_and_with_harm_it_is_as_it_should(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/runs?agent=nobody", "No run passes these filters.")
    assert not ui.find(".histogram").is_displayed()
    harm = quote("<b onmouseover=window.harmed=1>agent</b>")
    ui.open(f"{filled.url}/ui/runs?agent={harm}", "1 run, 1 failed")
    assert ui.run_script("return window.harmed") is None


def test_on_a_phone_nothing_is_cut_off(ui: Ui, filled: Service) -> None:
    ui.look(PHONE, "dark")
    ui.open(f"{filled.url}/ui/runs?agent=Hourly", "48 runs, 12 failed")
    assert ui.cut_off() == []


@needs_axe
def test_it_is_accessible(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/runs?agent=Hourly", "48 runs, 12 failed")
    assert ui.violations() == []
