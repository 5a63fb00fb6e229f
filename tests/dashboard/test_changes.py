"""What is renamed and deleted on the released dashboard, is so on the page and in the service."""

from urllib.parse import quote

import pytest

from tests.dashboard.browser import Page
from tests.dashboard.conftest import SPENDER, SPENT, needs_chromium
from tests.service import Service

pytestmark = needs_chromium
RENAMED = "the best of all"


def open_runs(page: Page, dashboard: str, agent: str) -> None:
    """Go to an agent's page, and there to its runs."""
    page.open(f"{dashboard}/agents/{quote(agent)}", "Total Runs")
    page.click("//button[text()='Runs']")
    page.shows("Execution Trace")


def ask_to_delete_run(page: Page, name: str) -> None:
    """Click on the bin beside a run, which asks whether that is meant."""
    row = f"//span[text()='{name}']/ancestor::div[contains(@class, 'cursor-pointer')]"
    page.click(f"{row}//button[@title='Delete run']")
    page.shows("This action cannot be undone")


def test_a_renamed_run_has_its_new_name_on_the_open_page(
    page: Page, dashboard: str, filled: Service
) -> None:
    run = filled.ok("/api/agents/Researcher/runs")[0]
    open_runs(page, dashboard, "Researcher")
    # The release has this call and no button for it.
    answer = page.call("updateRunName", "Researcher", run["run_name"], RENAMED)
    assert (answer["run_id"], answer["run_name"]) == (run["run_id"], RENAMED)
    page.waits_for_no(f"//span[text()='{run['run_name']}']")  # the page asks every few seconds
    page.click(f"//button[contains(., '{RENAMED}')]")
    page.shows(f"Run Details\n{RENAMED}", f"Events:\n{run['event_count']}")
    new, old = (f"/api/runs/Researcher/{quote(name)}" for name in (RENAMED, run["run_name"]))
    assert filled.ok(new)["run_id"] == run["run_id"]
    assert filled.get(old).status_code == 404


def test_a_deletion_that_is_not_confirmed_deletes_nothing(
    page: Page, dashboard: str, filled: Service
) -> None:
    before = filled.ok("/api/metrics/summary")
    name = filled.ok("/api/agents/Researcher/runs")[-1]["run_name"]
    open_runs(page, dashboard, "Researcher")
    ask_to_delete_run(page, name)
    page.click("//button[text()='Cancel']")
    page.shows_no("This action cannot be undone")
    page.shows(name)
    assert filled.ok("/api/metrics/summary") == before


def test_a_run_that_is_deleted_on_the_page_is_gone_and_the_metrics_fall(
    page: Page, dashboard: str, filled: Service
) -> None:
    before = filled.ok("/api/metrics/summary")
    runs = filled.ok("/api/agents/graph%20app/runs")
    run = next(run for run in runs if run["total_cost"])
    open_runs(page, dashboard, "graph app")
    ask_to_delete_run(page, run["run_name"])
    page.click("//button[text()='Delete']")
    page.waits_for_no(f"//button//span[text()='{run['run_name']}']")
    assert filled.get(f"/api/runs/{run['run_id']}").status_code == 404
    after = filled.ok("/api/metrics/summary")
    assert after["total_runs"] == before["total_runs"] - 1
    assert after["total_events"] == before["total_events"] - run["event_count"]
    assert after["total_tokens_in"] == before["total_tokens_in"] - run["tokens_in"]
    assert after["total_cost"] == pytest.approx(before["total_cost"] - run["total_cost"])
    page.open(f"{dashboard}/agents/graph%20app", "Total Runs")
    assert page.value("Total Runs") == str(len(runs) - 1)
    page.open(f"{dashboard}/metrics", "Agent Comparison")
    assert page.value("Total Runs") == str(after["total_runs"])
    assert page.value("Total Events") == f"{after['total_events']:,}"


def test_an_agent_that_is_deleted_on_the_page_is_gone_with_its_runs(
    page: Page, dashboard: str, filled: Service
) -> None:
    before = filled.ok("/api/metrics/summary")
    agents = {agent["name"]: agent for agent in filled.ok("/api/agents")}
    runs = filled.ok(f"/api/agents/{SPENDER}/runs")
    assert len(runs) == len(SPENT)
    page.open(dashboard, *agents)
    page.click(f"//h3[text()='{SPENDER}']/ancestor::a//button[@title='Delete agent']")
    page.shows("This action cannot be undone")
    page.click("//button[text()='Delete']")
    page.shows_no(SPENDER)
    assert filled.get(f"/api/agents/{SPENDER}").status_code == 404
    assert {filled.get(f"/api/runs/{run['run_id']}").status_code for run in runs} == {404}
    assert {agent["name"] for agent in filled.ok("/api/agents")} == set(agents) - {SPENDER}
    after = filled.ok("/api/metrics/summary")
    assert after["total_agents"] == before["total_agents"] - 1
    assert after["total_runs"] == before["total_runs"] - len(SPENT)
    assert after["total_events"] == before["total_events"] - agents[SPENDER]["total_events"]
    assert after["total_cost"] == pytest.approx(before["total_cost"] - sum(SPENT.values()))
    page.open(f"{dashboard}/metrics", "Agent Comparison")
    assert page.value("Total Agents") == str(after["total_agents"])
    assert page.value("Total Cost") == f"${after['total_cost']:.2f}" == "$0.00"
    assert SPENDER not in page.text
