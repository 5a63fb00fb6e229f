"""Two runs beside each other: how one gets there, what differs, an event in detail."""

from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.dashboard.conftest import needs_chromium
from tests.events import new_id
from tests.service import Service
from tests.ui.conftest import PHONE, Ui, needs_axe
from tests.ui.runs import HARM, Run, harmful_run, send, short_run

pytestmark = needs_chromium
MANY = 10_000
MOST_ELEMENTS = 3_000


def steps(agent: str, **ask: Any) -> Run:
    """A run of two steps, of which the first asks a model."""
    run = Run(agent)
    root = run.add("agent_start")
    plan = run.add("step", root, step_name="plan", latency_ms=2000)
    call = {"model": "gpt-4o", "cost": 0.5, "tokens_in": 900, "tokens_out": 100, "latency_ms": 900}
    run.add("llm_call", plan, **{"name": "ask", "output": "It is in Oslo now.", **call, **ask})
    run.add("tool_call", root, tool_name="get_order", latency_ms=100, output={"id": 8812})
    return run


@pytest.fixture(scope="module")
def pair(service: Service) -> tuple[str, str]:
    """The ids of two runs: the second asked another model, and one thing more."""
    one = steps("Keeper")
    other = steps("Keeper", model="gpt-4o-mini", cost=0.2, output="It is in Bergen now.")
    other.add("tool_call", other.events[0]["event_id"], tool_name="refund", latency_ms=40)
    for run in (one, other):
        run.add("agent_end")
        send(service, run.events)
    send(service, short_run("Stranger").events)
    return one.run_id, other.run_id


def rows(ui: Ui) -> list[str]:
    """The events on screen from above, each with the words for what differs."""
    script = """
        return [...document.querySelectorAll("a.pair-row")]
            .sort((one, other) => one.dataset.row - other.dataset.row)
            .map(row => [".name", ".pair-words .tag"].map(css =>
                [...row.querySelectorAll(css)].map(one => one.textContent).join(",")).join(": "));
    """
    return list(ui.browser.execute_script(script))


def address_of(service: Service, pair: tuple[str, str], more: str = "") -> str:
    """The address of the comparison."""
    return f"{service.url}/ui/compare?a={pair[0]}&b={pair[1]}{more}"


def test_one_gets_there_from_a_run(ui: Ui, service: Service, pair: tuple[str, str]) -> None:
    ui.open(f"{service.url}/ui/runs/{pair[0]}", "get_order")
    ui.click("//header//a[text()='Compare']")
    ui.has_address(f"/ui/compare?a={pair[0]}")
    ui.shows("Compare run", "of Keeper with")
    [href] = ui.browser.execute_script(
        "return [...document.querySelectorAll('a.run-row')].map(row => row.href)"
    )
    assert pair[1] in href  # another run of the same agent
    ui.pick("a.run-row")
    ui.shows("5 events in both, 2 of them differ; 0 only in A, 1 only in B")
    ui.click("//a[text()='swap']")
    ui.has_address(f"a={pair[1]}")
    ui.shows("1 only in A, 0 only in B")


def test_one_gets_there_from_the_list(ui: Ui, service: Service, pair: tuple[str, str]) -> None:
    ui.open(f"{service.url}/ui/runs?agent=Keeper", "Keeper")
    ui.click("//a[text()='Compare two']")
    ui.shows("Compare: choose the first run")
    assert len(ui.texts("a.run-row")) == 2
    ui.pick(f"a.run-row[href*='{pair[0]}']")
    ui.shows("of Keeper with")
    field = ui.find("input[aria-label^='Run id']")
    field.send_keys("no run has this name", Keys.ENTER)
    ui.shows("There is no other run here.")
    field = ui.find("input[aria-label^='Run id']")
    field.send_keys(Keys.CONTROL, "a", Keys.NULL, pair[1], Keys.ENTER)
    ui.shows("5 events in both")


def test_it_says_what_differs_and_the_address_keeps_how(
    ui: Ui, service: Service, pair: tuple[str, str]
) -> None:
    ui.open(address_of(service, pair), "5 events in both", "$0.50", "−$0.30 (−60 %)")
    root, ask = "agent_start: time", "ask: model,output,cost"
    everything = [root, "plan: ", ask, "get_order: ", "refund: only in B", "agent_end: "]
    assert rows(ui) == everything
    ui.click("//button[text()='Only what differs']")
    ui.has_address("only=1")
    assert rows(ui) == [root, ask, "refund: only in B"]
    ui.click("//button[text()='By cost']")
    ui.has_address("sort=cost")
    ui.browser.refresh()
    ui.shows("5 events in both")
    assert rows(ui) == [ask, root, "refund: only in B"]
    ui.click("//button[text()='Only what differs']")
    ui.lacks_address("only=")
    assert rows(ui)[0] == ask
    assert len(rows(ui)) == len(everything)
    ui.open(address_of(service, (pair[0], pair[0])), "Nothing differs.")


def test_keys_alone_lead_to_an_event_and_back(
    ui: Ui, service: Service, pair: tuple[str, str]
) -> None:
    ui.open(address_of(service, pair), "5 events in both")
    ui.find("a.pair-row").send_keys(Keys.ARROW_DOWN)
    ui.press(Keys.ARROW_DOWN, "j", "k", Keys.ENTER)
    ui.has_address("event=")
    ui.shows("It is in Oslo now.", "It is in Bergen now.", "The same in both: ")
    assert [text for text in ui.texts(".detail mark") if text in ("Oslo", "Bergen")] == [
        "Oslo",
        "Bergen",
    ]
    assert ui.find("a.pair-row[aria-current] .name").rect["width"] > 20  # beside the detail too
    ui.browser.refresh()
    ui.shows("It is in Bergen now.")
    ui.press(Keys.ESCAPE)
    ui.lacks_address("event=")
    focused = "return document.activeElement.querySelector('.name').textContent"
    ui.until(lambda: ui.run_script(focused) == "ask", "one is where one was")
    ui.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER)
    ui.shows("Open in B", "refund")
    assert "Open in A" not in ui.text
    ui.click("//a[text()='Open in B']")
    ui.has_address(f"/ui/runs/{pair[1]}?event=")


def test_of_two_large_runs_only_what_is_on_screen_is_made(ui: Ui, service: Service) -> None:
    large = [Run("Crawler", 20_000), Run("Crawler", 20_000)]
    for run in large:
        root = run.add("agent_start")
        for number in range(MANY - 2):
            run.add("step", root, step_name=f"step {number}", latency_ms=900)
        run.add("agent_end", status="error" if run is large[1] else "success")
        send(service, run.events)
    ids = (large[0].run_id, large[1].run_id)
    ui.open(address_of(service, ids), "10,000 events in both, 1 of them differ", "step 3")
    ui.run_script("document.querySelector('virtual-list').scrollTop = 1e7")
    ui.shows(f"step {MANY - 3}")
    count = ui.run_script("return document.querySelectorAll('*').length")
    assert isinstance(count, int)
    assert count < MOST_ELEMENTS
    ui.click("//button[text()='Only what differs']")
    ui.until(lambda: rows(ui) == ["agent_end: error,status"], "the one that differs")


def test_what_means_harm_is_shown_as_text(ui: Ui, service: Service, pair: tuple[str, str]) -> None:
    harmful = harmful_run()
    send(service, harmful.events)
    ui.open(address_of(service, (pair[0], harmful.run_id)), HARM[0], HARM[1])
    for event in harmful.events[1:-1]:
        ui.browser.get(
            address_of(service, (pair[0], harmful.run_id), f"&event={event['event_id']}")
        )
        ui.find(".detail .text")
    assert ui.run_script("return window.harmed") is None
    assert ui.texts(".detail img, .detail script, main a[href^=javascript]") == []


def test_a_run_that_is_not_there_is_said(ui: Ui, service: Service, pair: tuple[str, str]) -> None:
    ui.open(address_of(service, (pair[0], new_id())), "This run does not exist.", "Try again")
    assert ui.problems()  # the 404, in the console and on the network


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_cut_off(
    ui: Ui, service: Service, pair: tuple[str, str], scheme: str
) -> None:
    ui.look(PHONE, scheme)
    ui.open(address_of(service, pair), "5 events in both", "refund")
    assert ui.cut_off() == []
    ui.click("//button[text()='By cost']")
    ui.until(lambda: "$0.50 → $0.20" in ui.find("a.pair-row[data-row='0']").text, "its cost")
    ui.click("//button[text()='As a tree']")
    ui.lacks_address("sort=")
    ui.pick("a.pair-row[data-row='2']")
    ui.shows("It is in Bergen now.")
    assert ui.find(".detail").rect["width"] == PHONE[0]
    assert ui.cut_off() == []


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_comparison_is_accessible(
    ui: Ui, service: Service, pair: tuple[str, str], scheme: str
) -> None:
    ui.look(scheme=scheme)
    ui.open(f"{service.url}/ui/compare?a={pair[0]}", "of Keeper with")
    assert ui.violations() == []
    ui.open(address_of(service, pair), "5 events in both")
    assert ui.violations() == []
    ui.pick("a.pair-row[data-row='2']")
    ui.shows("It is in Bergen now.")
    assert ui.violations() == []
