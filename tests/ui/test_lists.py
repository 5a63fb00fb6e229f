"""The lists: runs with filters, sorts, pages and word of new ones; agents; the live tail."""

import pytest

from tests.dashboard.conftest import needs_chromium
from tests.events import new_id
from tests.service import Service
from tests.ui.conftest import PHONE, Ui, needs_axe
from tests.ui.runs import HARM, Run, failing_run, harmful_run, send, short_run

pytestmark = needs_chromium
MANY = 230  # runs: more than two pages of the list
SCROLL = """
    const [wanted, done] = arguments, seen = new Set();
    const list = document.querySelector("virtual-list");
    let most = 0;
    function step() {
        const rows = document.querySelectorAll("a.run-row");
        rows.forEach(row => seen.add(row.href));
        most = Math.max(most, rows.length);
        if (seen.size === wanted) return done([seen.size, most]);
        list.scrollBy(0, 300);
        setTimeout(step, 20);
    }
    setTimeout(() => done([seen.size, most]), 20000);
    step();
"""


@pytest.fixture(scope="module")
def filled(service: Service) -> Service:
    """The service with some runs of three agents, the newest of which failed."""
    events = [event for number in range(MANY) for event in short_run("many", 5000 + number).events]
    dear = short_run("Keeper", 400)
    dear.events[1]["data"]["cost"] = 12.5
    send(service, events + dear.events + failing_run("Keeper")[0].events + harmful_run().events)
    return service


def test_the_root_leads_to_the_page_and_a_run_to_its_own(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/", "What changed", "Keeper", "$12.50")
    assert ui.browser.current_url == f"{filled.url}/ui/"
    ui.click("//nav//a[text()='Runs']")
    ui.shows("Keeper", "2 errors", "$12.50")
    ui.pick("a.run-row[href*='runs/']")
    ui.has_address("/ui/runs/")
    ui.find(".trace-row")
    ui.browser.back()
    ui.shows("Keeper", "$12.50")


def test_filters_and_sorts_are_in_the_address_and_stay_when_it_is_loaded_again(
    ui: Ui, filled: Service
) -> None:
    ui.open(f"{filled.url}/ui/runs", "many")
    ui.click("//button[text()='Failed']")
    ui.has_address("status=failed")
    ui.shows_no("many")
    assert set(ui.texts(".icon-error title")) == {"failed"}
    ui.find("input[name=agent]").send_keys("Keeper")
    ui.has_address("agent=Keeper")
    ui.shows_no("onmouseover")
    assert len(ui.texts("a.run-row")) == 1
    ui.click("//button[text()='All']")
    ui.lacks_address("status=")
    ui.waits_for("a.run-row", 2)
    ui.click("//button[text()='Cost']")
    ui.has_address("sort=cost")
    ui.until(lambda: ui.texts(".cell-cost .figure")[0] == "$12.50", "the costliest first")
    ui.browser.refresh()
    ui.until(lambda: ui.texts(".cell-cost .figure") == ["$12.50", "$0.25"], "the same again")
    assert ui.find("input[name=agent]").get_attribute("value") == "Keeper"
    ui.find("input[name=name]").send_keys("no run has this name")
    ui.shows("No run passes these filters.")
    ui.click("//button[text()='Show all runs']")
    ui.shows("many")


def test_all_runs_come_as_one_scrolls_and_few_are_elements(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/runs?agent=many", "many")
    seen, most = ui.browser.execute_async_script(SCROLL, MANY)
    assert seen == MANY
    assert most < 60


def test_times_are_in_the_chosen_zone_and_links_keep_it(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/runs", "Keeper")
    ui.find(".zone select").send_keys("Asia/T")
    ui.has_address("tz=Asia")
    ui.until(lambda: "GMT+9" in str(ui.find(".cell-started time").get_attribute("title")), "+9")
    ui.pick("a.run-row[href*='runs/']")
    ui.until(lambda: "GMT+9" in str(ui.find(".head-figure").get_attribute("title")), "+9")
    ui.has_address("tz=Asia")


def test_one_comes_back_from_a_run_to_where_one_was(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/runs?agent=many", "many")
    ui.run_script("document.querySelector('virtual-list').scrollTop = 1500")
    ui.until(lambda: "1 h ago" in ui.text, "rows of below")
    before = ui.texts("a.run-row .run-name")
    ui.run_script("document.querySelectorAll('a.run-row')[12].click()")
    ui.find(".trace-row")
    ui.browser.back()
    place = "return document.querySelector('virtual-list')?.scrollTop"
    ui.until(lambda: ui.run_script(place) == 1500, "the same place")
    ui.until(lambda: ui.texts("a.run-row .run-name") == before, "the same rows")


def test_new_runs_are_announced_and_move_nothing(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/runs?agent=Later", "No run passes these filters.")
    first = short_run("Later", 30)
    send(filled, first.events)
    ui.shows("Later")  # nothing was read that could move
    ui.find(f"a[href*='{first.run_id}']")
    second = short_run("Later", 3)
    send(filled, second.events)
    ui.shows("1 new run")
    assert len(ui.texts("a.run-row")) == 1
    ui.pick(".announce")
    ui.find(f"a[href*='{second.run_id}']")
    ui.shows_no("1 new run")


def test_agents_have_their_figures_and_lead_to_their_runs(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/agents", "Keeper", "many")
    [row] = [text for text in ui.texts(".grid-table tbody tr") if text.startswith("Keeper")]
    assert "$12.75" in row
    assert "2 of 9" in row
    ui.click("//a[text()='Keeper']")
    ui.has_address("/ui/agents/Keeper")
    ui.shows("Newest runs", "$12.75", "2 errors")
    ui.open(
        f"{filled.url}/ui/agents/%3Cb%20onmouseover=window.harmed=1%3Eagent%3C%2Fb%3E", "Newest"
    )
    assert ui.find("h1").text.startswith("<b onmouseover")


def test_of_two_views_the_one_asked_for_last_is_shown(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/agents", "Keeper")
    ui.run_script(
        "for (const name of ['live', 'agents'])"
        " document.querySelector(`nav a[href$='${name}']`).click()"
    )
    ui.shows("Failed events")
    ui.browser.execute_async_script("setTimeout(arguments[0], 500)")
    assert ui.texts("h1") == ["Agents"]


def test_the_live_tail_shows_what_is_stored_and_pauses(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/live", "Waiting for events", "Live")
    run = Run("Singer", 1)
    event_id = run.add("tool_call", tool_name="first song", latency_ms=20)
    send(filled, run.events)
    ui.shows("first song", "Singer", "20 ms")
    ui.press(" ")
    ui.shows("Paused.")
    later = Run("Singer", 1)
    later.add("tool_call", tool_name="second song")
    send(filled, later.events)
    ui.shows("1 waiting")
    assert "second song" not in ui.text
    ui.press(" ")
    ui.shows("second song")
    ui.click("//a[contains(., 'first song')]")
    ui.has_address(event_id)
    ui.find(".detail h2")


def test_names_that_mean_harm_are_texts(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/runs?has_error=true", "<b onmouseover=window.harmed=1>agent</b>")
    ui.pick("a.run-row:has(.agent)")
    ui.open(f"{filled.url}/ui/runs", "Keeper")
    ui.find("input[name=agent]").send_keys(HARM[1])
    ui.shows("No run passes")
    assert ui.run_script("return window.harmed") is None


@pytest.mark.parametrize("path", ["runs", "agents", "agents/Keeper", "live"])
def test_on_a_phone_and_in_the_dark_nothing_is_cut_off(ui: Ui, filled: Service, path: str) -> None:
    ui.look(PHONE, "dark")
    ui.browser.get(f"{filled.url}/ui/{path}")
    ui.shows("Waiting" if path == "live" else "Keeper")
    assert ui.cut_off() == []
    assert ui.run_script("return getComputedStyle(document.body).backgroundColor") == (
        "rgb(16, 20, 28)"
    )


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lists_are_accessible(ui: Ui, filled: Service, scheme: str) -> None:
    ui.look(scheme=scheme)
    for path in ("runs", "agents", "agents/Keeper", "live", "nowhere"):
        ui.browser.get(f"{filled.url}/ui/{path}")
        ui.shows({"live": "Waiting", "nowhere": "no such page"}.get(path, "Keeper"))
        assert ui.violations() == [], path


def test_an_error_says_what_to_do_and_tries_again(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/agents", "Keeper")
    with ui.without_answers("*/runs?*"):
        ui.click("//nav//a[text()='Runs']")
        ui.shows("The service does not answer", "Check that the service runs", "Next try in")
    ui.shows("Keeper", "$12.50")
    ui.browser.get(f"{filled.url}/ui/runs/{new_id()}")
    ui.shows("This run does not exist.", "Try again")
    assert len(ui.problems()) == 2  # the 404, in the console and on the network
    ui.open(f"{filled.url}/ui/nowhere/at/all", "There is no such page.")
