"""A run as a waterfall: by mouse, by keys, on a phone; an event in detail; runs that go on."""

import json
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.dashboard.conftest import needs_chromium
from tests.events import new_id
from tests.service import Service
from tests.ui.conftest import PHONE, Ui, needs_axe
from tests.ui.runs import HARM, Run, failing_run, harmful_run, send

pytestmark = needs_chromium
MANY = 10_000
MOST_ELEMENTS = 3_000

COUNTS = """
    var counts = [];
    new MutationObserver(() => {
        const now = document.querySelector(".shown-count")?.textContent;
        if (now && now !== counts.at(-1)) counts.push(now);
    }).observe(document, {childList: true, subtree: true, characterData: true});
"""

Ids = dict[str, str]


@pytest.fixture(scope="module")
def stored(service: Service) -> tuple[str, Ids]:
    """The address of a run that failed, and the ids of its events."""
    run, ids = failing_run("Keeper")
    send(service, run.events)
    return f"{service.url}/ui/runs/{run.run_id}", ids


def names(ui: Ui) -> list[str]:
    """The names of the events on screen, from above."""
    script = """
        return [...document.querySelectorAll(".trace-row")]
            .sort((one, other) => one.dataset.row - other.dataset.row)
            .map(row => row.querySelector(".name").textContent);
    """
    return list(ui.browser.execute_script(script))


def selected(ui: Ui) -> str:
    """The name of the selected event."""
    return "".join(ui.texts(".trace-row.is-selected .name"))


def test_it_shows_the_tree_with_its_figures_and_marks_errors(
    ui: Ui, stored: tuple[str, Ids]
) -> None:
    ui.open(stored[0], "Next error", "run_sql")
    assert names(ui) == ["agent_start", "plan", "ask", "act", "run_sql", "agent_end"]
    assert ui.texts(".run-title .state") == ["failedfailed"]  # its mark says it as well
    assert ui.find("#row-4").get_attribute("aria-level") == "3"
    assert ui.texts(".is-error .name") == ["run_sql", "agent_end"]
    assert ui.texts("#row-2 .trace-figure") == ["700 ms", "$0.25", "1.2K / 34"]
    assert ui.texts("#row-0 .trace-cost") == ["$0.25"]
    assert ui.texts(".head-models .tag") == ["gpt-4o $0.25"]
    assert len(ui.texts(".is-critical .bar")) > 2
    ask, plan = ui.find("#row-2 .bar").rect, ui.find("#row-1 .bar").rect
    assert plan["width"] > ask["width"] > 20


def test_an_event_shows_its_messages_its_error_and_its_data(
    ui: Ui, stored: tuple[str, Ids]
) -> None:
    address, ids = stored
    ui.open(f"{address}?event={ids['ask']}", "Where is order 8812?", "Answer in one sentence.")
    assert ui.texts(".message header") == ["system", "user", "assistant"]
    assert ui.run_script("return document.querySelector('.message img').naturalWidth") == 1
    assert ui.texts(".call-name") == ["get_ordercall_1"]
    assert ui.texts(".call .json-leaf") == ["id: 8812"]
    ui.click("//section[h3='Data']//summary")
    ui.click("//section[h3='Data']//summary[starts-with(., 'notes')]")
    ui.shows("{er}")
    ui.click("//dl[@class='relations']//a[contains(., 'plan')]")
    ui.has_address(ids["plan"])
    ui.click("//div[@id='row-4']")
    ui.shows("statement timeout", "File agent.py, line 88", "Show all (8.8 KB)")
    ui.click("//button[starts-with(text(), 'Show all')]")
    ui.shows("x" * 9000)
    ui.pick(".detail button[title^=Close]")
    ui.lacks_address("event=")
    assert not ui.find(".detail").is_displayed()


def test_a_detail_says_where_its_cost_comes_from_and_why_a_call_counts_once(
    ui: Ui, service: Service
) -> None:
    run = Run("Priced")
    root = run.add("agent_start")
    call = {"tokens_in": 1000, "tokens_out": 10}
    said = run.add("llm_call", root, name="said", model="gpt-4o", cost=0.5, **call)
    computed = run.add("llm_call", root, name="computed", model="gpt-4o", **call)
    unknown = run.add("llm_call", root, name="unknown", model="no-such-model", **call)
    send(service, run.events)
    address = f"{service.url}/ui/runs/{run.run_id}?event="
    ui.open(address + said, "as the client said")
    ui.open(address + computed, "computed from the price of gpt-4o")
    ui.open(address + unknown, "no price of this model was known")


def test_a_call_that_two_instrumentations_report_says_that_it_counts_once(
    ui: Ui, service: Service
) -> None:
    trace, now = new_id().replace("-", ""), time.time_ns()
    usage = [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "100"}},
    ]
    spans = [
        {
            "traceId": trace, "spanId": span, "parentSpanId": parent, "name": name,
            "startTimeUnixNano": str(now), "endTimeUnixNano": str(now + 10**9), "attributes": usage,
        }
        for name, span, parent in (("outer", "a" * 16, ""), ("inner", "b" * 16, "a" * 16))
    ]  # fmt: skip
    body = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    assert service.post(json.dumps(body).encode(), "/v1/traces").status_code == 200
    ui.open(f"{service.url}/ui/runs/{UUID(trace)}", "inner")
    ui.click("//div[contains(@class, 'trace-row')][.//span[text()='inner']]")
    ui.shows("its cost and tokens count once", "Counted as")
    ui.click("//dl[@class='relations']//a[contains(., 'outer')]")
    ui.shows_no("count once")


def test_scores_stand_beside_what_they_are_of(ui: Ui, service: Service) -> None:
    run, ids = failing_run("Scored")
    send(service, run.events)
    scores = [
        {"run_id": run.run_id, "name": "accuracy", "value": 0.92},
        {"run_id": run.run_id, "event_id": ids["ask"], "name": "tone", "value": "kind"},
    ]
    answer = service.post(json.dumps({"scores": scores}).encode(), "/api/scores")
    assert answer.status_code == 200
    ui.open(f"{service.url}/ui/runs/{run.run_id}?event={ids['ask']}", "accuracy", "0.92")
    assert "tone" not in ui.find(".run-top").text
    ui.click("//section[h3='Scores']//dd[text()='kind']")


def test_keys_alone_lead_through_it(ui: Ui, stored: tuple[str, Ids]) -> None:
    address, ids = stored
    ui.open(address, "run_sql")
    ui.press("j", "j")
    assert selected(ui) == "plan"
    ui.press(Keys.ARROW_LEFT)
    ui.until(lambda: "ask" not in names(ui), "it is closed")
    ui.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert selected(ui) == "ask"
    ui.press("e")
    ui.has_address(ids["tool"])
    ui.shows("File agent.py")
    ui.press("e")
    assert selected(ui) == "agent_end"
    ui.press("E", "c")
    assert selected(ui) != "run_sql"
    ui.press("/")
    ui.press(*"ACT", Keys.ENTER)
    ui.shows("1 found")
    assert ui.texts(".is-found .name") == ["act"]
    ui.press(Keys.ESCAPE, "k", "n")
    assert selected(ui) == "act"
    ui.press(Keys.END)
    assert selected(ui) == "agent_end"
    ui.press("?")
    ui.shows("next, previous error")
    ui.press(Keys.ESCAPE, Keys.ESCAPE)
    ui.lacks_address("event=")


def test_what_is_shown_can_be_narrowed_and_the_address_says_so(
    ui: Ui, stored: tuple[str, Ids]
) -> None:
    ui.open(stored[0], "run_sql")
    ui.click("//button[text()='Only errors']")
    ui.has_address("only=errors")
    assert names(ui) == ["agent_start", "act", "run_sql", "agent_end"]
    ui.browser.refresh()
    ui.shows("4 of 6")
    ui.click("//button[text()='Only errors']")
    ui.shows("6 events")
    ui.click("//button[text()='−']")
    assert "ask" not in names(ui)
    ui.click("//button[text()='−']")
    assert names(ui) == ["agent_start", "agent_end"]
    ui.click("//button[text()='Open all']")
    ui.find("select[aria-label^='Only events']").send_keys("≥ 1 s")
    ui.has_address("min_ms=1000")
    assert "ask" not in names(ui)
    assert "run_sql" in names(ui)


def test_idle_time_folds_and_the_address_says_so(ui: Ui, service: Service) -> None:
    run = Run("Waiter", 4000)
    root = run.add("agent_start")
    run.add("tool_call", root, name="ask a person", latency_ms=800)
    run.add("tool_call", root, name="go on", latency_ms=800, cost=0.02)
    run.add("agent_end")
    for number, seconds in enumerate((0, 2, 3002, 3004)):
        moment = datetime.now(UTC) - timedelta(seconds=4000 - seconds)
        run.events[number]["timestamp"] = moment.isoformat()
    send(service, run.events)
    ui.open(f"{service.url}/ui/runs/{run.run_id}", "go on")
    before = ui.find("#row-2 .bar").rect
    ui.press("i")
    ui.has_address("fold=1")
    assert ui.find("#row-2 .bar").rect["width"] > 20 * before["width"]
    [gap] = ui.texts(".gap")
    assert gap.startswith(("49 min", "50 min"))
    assert ui.texts("#row-2 .trace-figure")[0] == "800 ms"
    ui.browser.refresh()
    ui.find(".gap")
    ui.click("//button[text()='Fold idle time']")
    ui.lacks_address("fold=")
    ui.until(lambda: not ui.texts(".gap"), "no gap")
    assert ui.find("#row-2 .bar").rect == before
    ui.click("//option[text()='≥ $0.01']")
    ui.has_address("min_cost=0.01")
    assert names(ui) == ["agent_start", "go on"]


def test_dragging_and_keys_zoom_and_the_address_keeps_it(ui: Ui, stored: tuple[str, Ids]) -> None:
    ui.open(stored[0], "run_sql")
    wide = ui.find("#row-3 .bar").rect["width"]
    for place in (".ruler", ".minimap"):
        box = ui.find(place)
        drag = ActionChains(ui.browser).move_to_element(box)
        drag.click_and_hold().move_by_offset(120, 0).release().perform()
        ui.has_address("t=")
        assert ui.find("#row-3 .bar").rect["width"] > 1.5 * wide
        ui.browser.refresh()
        ui.shows("Whole run")
        assert ui.find("#row-3 .bar").rect["width"] > 1.5 * wide
        ui.click("//button[text()='Whole run']")
        ui.lacks_address("t=")
        assert ui.find("#row-3 .bar").rect["width"] == wide
    ui.press("+")
    ui.has_address("t=")
    ui.press("0")
    ui.lacks_address("t=")


def test_a_run_that_is_active_goes_on_by_itself(ui: Ui, service: Service) -> None:
    run = Run("Walker", 10)
    root = run.add("agent_start")
    step = run.add("step", root, step_name="first")
    run.add("tool_call", step, tool_name="below the first")
    send(service, run.events)
    ui.open(f"{service.url}/ui/runs/{run.run_id}?event={step}", "active", "below the first")
    ui.press("h")
    ui.until(lambda: names(ui) == ["agent_start", "first"], "it is closed")
    run.add("step", root, step_name="second")
    run.add("agent_end")
    send(service, run.events[3:])
    ui.shows("second", "completed")
    assert names(ui) == ["agent_start", "first", "second", "agent_end"]
    assert selected(ui) == "first"


def test_of_a_large_run_only_what_is_on_screen_is_made(ui: Ui, service: Service) -> None:
    run = Run("Crawler", 20_000)
    root = run.add("agent_start")
    for number in range(MANY - 2):
        run.add("step", root, step_name=f"step {number}", latency_ms=900)
    run.add("agent_end")
    send(service, run.events)
    ui.command("Page.enable")
    noted = ui.browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": COUNTS})
    ui.open(f"{service.url}/ui/runs/{run.run_id}", "10,000 events", "step 3")
    ui.command("Page.removeScriptToEvaluateOnNewDocument", **noted)
    assert ui.run_script("return counts") == ["200 of 10,000", "10,000 events"]  # first rows first
    ui.press(Keys.END)
    ui.shows(f"step {MANY - 3}")
    assert selected(ui) == "agent_end"
    ui.find("input[aria-label='Find in this run']").send_keys("step 5000", Keys.ENTER)
    ui.until(lambda: selected(ui) == "step 5000", "it is found and selected")
    ui.shows("step 5001")
    count = ui.run_script("return document.querySelectorAll('*').length")
    assert isinstance(count, int)
    assert count < MOST_ELEMENTS


def test_what_means_harm_is_shown_as_text(ui: Ui, service: Service) -> None:
    run = harmful_run()
    send(service, run.events)
    ui.open(f"{service.url}/ui/runs/{run.run_id}", HARM[0], HARM[1], "⟨202e⟩gpj.exe", "⟨1b⟩[31mred")
    for row in range(len(run.events)):
        ui.pick(f"#row-{row}")
        ui.has_address(run.events[row]["event_id"])
        ui.until(lambda: ui.texts(".detail code"), "its detail")
        ui.click("//section[h3='Data']//summary")
    assert ui.run_script("return window.harmed") is None
    assert ui.texts(".detail img, .detail script, main a[href^=javascript]") == []


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_run_is_accessible(ui: Ui, stored: tuple[str, Ids], scheme: str) -> None:
    address, ids = stored
    ui.look(scheme=scheme)
    for query in ("", f"?event={ids['ask']}", f"?event={ids['tool']}&only=errors"):
        ui.open(f"{address}{query}", "run_sql")
        if query:
            ui.find(".detail code")
        assert ui.violations() == [], query


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_the_detail_lies_above_the_waterfall(
    ui: Ui, stored: tuple[str, Ids], scheme: str
) -> None:
    ui.look(PHONE, scheme)
    ui.open(stored[0], "run_sql")
    assert ui.cut_off() == []
    ui.pick("#row-4")
    ui.shows("File agent.py")
    assert ui.find(".detail").rect["width"] == PHONE[0]
    assert ui.cut_off() == []
    ui.press(Keys.ESCAPE)
    ui.until(lambda: not ui.find(".detail").is_displayed(), "it is closed")
