"""What a person reads: where the focus goes, what is said, names of any length on any screen."""

import json

import pytest

from tests.dashboard.conftest import needs_chromium
from tests.service import Service
from tests.ui.conftest import PHONE, WIDE, Ui
from tests.ui.runs import HARM, Run, failing_run, send

pytestmark = needs_chromium
NAME = "Supercalifragilisticexpialidocious_" * 7  # a word of 245 letters
FOCUSED = "const one = document.activeElement; return [one.tagName, one.textContent]"
INSIDE = """
    const [inner, outer] = [...arguments].map(css => [...document.querySelectorAll(css)].at(-1)
        .getBoundingClientRect());
    return [inner.left >= outer.left && inner.right <= outer.right + 1,
        inner.top >= outer.top && inner.bottom <= outer.bottom + 1];
"""


def long_run() -> Run:
    """A run whose every name is one long word, three seconds long."""
    run = Run(NAME)
    named = dict.fromkeys(("session_id", "user_id", "environment", "version"), NAME)
    root = run.add("agent_start", tags=[NAME], metadata={NAME: NAME}, **named)
    run.add("tool_call", root, tool_name=NAME, error=NAME, latency_ms=400)
    run.add("step", root, step_name=NAME, latency_ms=1000)
    run.add("agent_end", error=NAME)
    for event in run.events:
        event["run_name"] = NAME
    return run


def inside(ui: Ui, inner: str, outer: str) -> list[bool]:
    """Whether the last element of a selector lies within the last of another, across and down."""
    return list(ui.browser.execute_script(INSIDE, inner, outer))


def has_focus(ui: Ui, heading: str) -> None:
    """Wait until this heading has the focus."""
    ui.until(lambda: ui.run_script(FOCUSED) == ["H1", heading], heading)


def test_a_link_leads_the_focus_to_the_heading_and_changes_the_title(
    ui: Ui, service: Service
) -> None:
    run, _ = failing_run("Reader")
    send(service, run.events)
    ui.open(f"{service.url}/ui/runs", "Reader")
    ui.pick(f"a[href*='{run.run_id}']")
    ui.shows("run_sql")
    has_focus(ui, "run 1")
    assert ui.browser.title == "run 1 · Reader · GATI"
    ui.press("e")  # the keys of the list work all the same
    ui.has_address("event=")
    ui.click("//h1/following-sibling::a[text()='Reader']")
    has_focus(ui, "Reader")
    for name in ("Metrics", "Live", "Runs", "Overview"):
        ui.click(f"//nav//a[text()='{name}']")
        has_focus(ui, name)
        assert ui.browser.title == f"{name} · GATI"


def test_what_is_copied_is_said(ui: Ui, service: Service) -> None:
    run, _ = failing_run("Reader")
    send(service, run.events)
    ui.open(f"{service.url}/ui/runs/{run.run_id}", "run_sql")
    assert ui.find("#said").get_attribute("role") == "status"
    ui.pick(".run-actions button.copy")
    ui.until(lambda: ui.texts("#said") == ["Copied"], "Copied")
    ui.until(lambda: ui.texts("#said") == [""], "no more")


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_names_of_any_length_leave_room_for_the_events(
    ui: Ui, service: Service, size: tuple[int, int]
) -> None:
    run = long_run()
    send(service, run.events)
    score = {"run_id": run.run_id, "name": NAME[:200], "value": 1, "comment": NAME}
    body = json.dumps({"scores": [score]}).encode()
    assert service.post(body, "/api/scores").status_code == 200
    ui.look(size)
    ui.open(f"{service.url}/ui/runs/{run.run_id}", "agent_end")
    assert ui.cut_off() == []
    assert inside(ui, "[data-row='3']", ".waterfall virtual-list") == [True, True]
    assert inside(ui, ".tick", ".ruler")[0]


def test_the_view_one_is_in_is_seen_among_the_links_of_a_phone(ui: Ui, service: Service) -> None:
    send(service, failing_run("Reader")[0].events)
    ui.look(PHONE)
    ui.open(f"{service.url}/ui/live", "Waiting for events")
    ui.until(lambda: inside(ui, "nav [aria-current]", "nav")[0], "Live")


def test_marks_on_a_letter_stay_in_their_line(ui: Ui, service: Service) -> None:
    run = Run("Z" + "\u0351" * 40)
    run.add("agent_start", error=HARM[0])
    send(service, run.events)
    ui.open(f"{service.url}/ui/runs/{run.run_id}", "run 1")
    assert ui.texts(".run-title a")[0] == "Z" + "\u0351" * 4
