"""Sessions: their list, and each as a conversation of its runs."""

from typing import Any
from urllib.parse import quote

import pytest
from selenium.webdriver.common.keys import Keys

from service.db.connections import connect
from service.db.session_settings import WRITE
from tests.dashboard.conftest import needs_chromium
from tests.service import Service
from tests.ui.conftest import PHONE, Ui, needs_axe
from tests.ui.runs import HARM, Run, send

pytestmark = needs_chromium
MANY = 60  # sessions, and runs of one of them: more than a page has
LONG = "many parts " * 300
OTHER_RUNS = """
INSERT INTO runs
SELECT n.*
  FROM runs AS r
 CROSS JOIN generate_series(1, 100000) AS g (number)
 CROSS JOIN LATERAL jsonb_populate_record(
       r, jsonb_build_object('run_id', gen_random_uuid(), 'run_name', g.number)) AS n
 WHERE r.run_id = %s
"""


def chat(session: str, asked: str, answered: Any, seconds_ago: float, **said: Any) -> Run:
    """One turn of a chat, whose input has all that was said before."""
    run = Run("Support", seconds_ago)
    before = [{"role": "user", "content": "earlier"}, {"role": "assistant", "content": "yes"}]
    messages = [*before, {"role": "user", "content": asked}]
    fields = {"session_id": session, "user_id": "ann", "tags": ["beta"], "version": "2", **said}
    root = run.add("agent_start", input={"messages": messages}, **fields)
    run.add("llm_call", root, name="ask", model="gpt-4o", cost=0.25, input=messages)
    run.add("agent_end", output=answered)
    return run


@pytest.fixture(scope="module")
def filled(service: Service) -> Service:
    """The service with a chat of three runs, a long one, some others, one that means harm."""
    failed = chat("chat 1/2", "And the warranty?", None, 100)
    failed.events[-1]["data"] = {"status": "error", "error": "RateLimitError: slow down"}
    runs = [
        chat("chat 1/2", "Where is it?", [{"role": "assistant", "content": "In Leipzig."}], 300),
        chat("chat 1/2", "What is covered?", [{"role": "assistant", "content": LONG}], 200),
        failed,
        *[chat(f"other {n}", "hi", "ho", 1000 + n, user_id=f"u{n}") for n in range(MANY)],
        *[chat("long", f"question {n}", f"answer {n}", 9000 - n) for n in range(MANY)],
        chat(HARM[1], HARM[0], HARM[2], 50, user_id=HARM[3], tags=list(HARM)),
    ]
    send(service, [event for run in runs for event in run.events])
    return service


def test_a_session_is_the_conversation_of_its_runs(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/sessions", "chat 1/2", "1 failed")
    ui.click("//a[text()='chat 1/2']")
    ui.has_address("/ui/sessions/chat%201%2F2")
    ui.shows("Where is it?", "In Leipzig.", "RateLimitError: slow down")
    assert ui.texts(".turn .message header") == ["user", "assistant"] * 2 + ["user"]
    assert "earlier" not in ui.text
    assert ui.texts(".turn .message")[3].endswith("…")  # as much as the API gives
    assert ui.texts("[aria-current=page]") == ["Sessions"]
    figures = dict(
        zip(ui.texts(".head-figure .quiet"), ui.texts(".head-figure .figure"), strict=True)
    )
    assert {name: figures[name] for name in ("User", "Runs", "Failed", "Cost", "Events")} == {
        "User": "ann", "Runs": "3", "Failed": "1", "Cost": "$0.75", "Events": "9",
    }  # fmt: skip
    ui.click("//a[text()='As a list']")
    ui.has_address("session_id=chat")
    ui.waits_for("a.run-row", 3)


def test_of_many_agents_it_names_some_and_counts_the_others(ui: Ui, service: Service) -> None:
    crowd = [Run(f"agent {number:03}") for number in range(101)]
    for run in crowd:
        run.add("agent_start", session_id="crowd")
    send(service, [event for run in crowd for event in run.events])
    ui.open(f"{service.url}/ui/sessions/crowd", "agent 000", "and 1 more")


def test_a_run_leads_to_all_that_share_a_field_with_it(ui: Ui, filled: Service) -> None:
    for name, address in (
        ("chat 1/2", "/ui/sessions/chat%201%2F2"),
        ("ann", "user_id=ann"),
        ("beta", "tag=beta"),
        ("2", "version=2"),
        ("development", "environment=development"),
    ):
        ui.open(f"{filled.url}/ui/sessions/chat%201%2F2", "Where is it?")
        ui.pick(".turn a")
        ui.has_address("/ui/runs/")
        ui.click(f"//div[@class='head-figure']//a[text()='{name}']")
        ui.has_address(address)


def test_lists_go_on_by_keys_alone(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/sessions?agent=Support", "other 1")
    assert len(ui.texts(".grid-table tbody tr")) == 50
    ui.run_script("document.querySelector('.scrolls > div > button').focus()")
    ui.press(Keys.ENTER)
    ui.waits_for(".grid-table tbody tr", MANY + 3)
    assert not ui.find(".scrolls > div > button").is_displayed()
    ui.run_script("document.querySelector('input[aria-label=User]').focus()")
    ui.press("u7", Keys.ENTER)
    ui.has_address("user_id=u7")
    ui.waits_for(".grid-table tbody tr", 1)
    ui.press(Keys.TAB, Keys.ENTER)
    ui.has_address("/ui/sessions/other%207")
    ui.open(f"{filled.url}/ui/sessions/long", "question 1", "answer 1")
    ui.waits_for(".turn", 50)
    ui.run_script("document.querySelector('.scrolls > div > button').focus()")
    ui.press(Keys.ENTER)
    ui.waits_for(".turn", MANY)
    assert ui.texts(".turn .message")[-1] == f"assistantanswer {MANY - 1}"


def test_without_any_it_says_how_to_have_one(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/sessions?agent=nobody", "There is no such session", "session_id")
    ui.browser.get(f"{filled.url}/ui/sessions/none")
    ui.shows("There is no run of this session", "Try again")
    assert len(ui.problems()) == 2  # the 404, in the console and on the network


def test_an_error_of_a_list_is_tried_again(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/agents", "Support")
    with ui.without_answers("*/sessions*"):
        ui.click("//nav//a[text()='Sessions']")
        ui.shows("The service does not answer", "Next try in")
    ui.shows("chat 1/2")


def test_what_means_harm_is_a_text(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/sessions", HARM[1], "⟨202e⟩")
    ui.click(f"//a[starts-with(text(), '{HARM[1][:8]}')]")
    ui.has_address("/ui/sessions/" + quote(HARM[1], safe="()"))
    ui.shows(HARM[0], HARM[2])
    assert ui.run_script("return window.harmed") is None


@pytest.mark.parametrize(
    "path", ["sessions", "sessions/chat%201%2F2", f"sessions/{quote(HARM[1])}"]
)
def test_on_a_phone_nothing_is_cut_off(ui: Ui, filled: Service, path: str) -> None:
    ui.look(PHONE, "dark")
    ui.open(f"{filled.url}/ui/{path}", "Support")
    ui.find(".turn, tbody tr")
    assert ui.cut_off() == []


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sessions_are_accessible(ui: Ui, filled: Service, scheme: str) -> None:
    ui.look(scheme=scheme)
    for path in ("sessions", "sessions/chat%201%2F2"):
        ui.open(f"{filled.url}/ui/{path}", "Support")
        ui.find(".turn, tbody tr")
        assert ui.violations() == [], path


def test_of_very_many_runs_it_says_that_the_sums_are_of_the_newest(
    ui: Ui, service: Service, service_database_url: str
) -> None:
    run = Run("crowded")
    run.add("agent_start", session_id="huge")
    send(service, run.events)
    with connect(service_database_url, WRITE, "test") as conn:
        conn.execute(OTHER_RUNS, [run.run_id])
    ui.open(f"{service.url}/ui/sessions?agent=crowded", "100,000+")
    ui.click("//a[text()='huge']")
    ui.shows("Sums of its newest 100,000 runs")
