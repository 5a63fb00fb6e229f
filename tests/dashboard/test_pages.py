"""The released dashboard in a real browser shows what the SDK sent, and nothing fails meanwhile."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By

from tests.dashboard.browser import Page, browsing
from tests.dashboard.charts import bars, lines, shares
from tests.dashboard.conftest import SPENT, needs_chromium
from tests.processes.harness import free_port
from tests.service import Service

pytestmark = needs_chromium
NAMES = {"agent_start": "Agent Start", "agent_end": "Agent End", "step": "step"}
# [depth, name] of each node: a node's children are within the line to their left.
READ_TREE = """
    const line = ".border-l-2", found = [];
    for (const name of document.querySelectorAll(".cursor-pointer span.truncate")) {
        let depth = 0;
        for (let at = name.closest(line); at; at = at.parentElement.closest(line)) depth++;
        found.push([depth, name.innerText]);
    }
    return found;
"""


def nodes(tree: list[dict[str, Any]]) -> Iterator[list[Any]]:
    """[depth, name] of each node of a trace, from the top."""
    for node in tree:
        kind = node["event_type"]
        yield [node["depth"], NAMES.get(kind) or node["data"]["tool_name"]]
        yield from nodes(node["children"])


def test_the_agents_page_lists_every_agent_with_its_totals(
    page: Page, dashboard: str, filled: Service
) -> None:
    agents = filled.ok("/api/agents")
    assert len({agent["total_events"] for agent in agents}) > 4  # no agent passes for another
    page.open(dashboard, *[agent["name"] for agent in agents])
    for agent in agents:
        card = f"//h3[text()='{agent['name']}']/ancestor::a"
        assert page.value("Runs", card) == str(agent["total_runs"])
        assert page.value("Events", card) == str(agent["total_events"])
        assert page.value("Cost", card) == f"${agent['total_cost']:.4f}"


def test_a_card_leads_to_the_agents_page_with_its_overview(
    page: Page, dashboard: str, filled: Service
) -> None:
    agent = filled.ok("/api/agents/graph%20app")
    assert agent["total_cost"] > agent["avg_cost"] > 0
    page.open(dashboard, "graph app")
    page.click("//h3[text()='graph app']")
    page.shows("Agent Information")
    assert page.value("Name") == "graph app"
    assert page.value("Total Runs") == str(agent["total_runs"])
    assert page.value("Total Events") == str(agent["total_events"])
    assert page.value("Total Cost") == f"${agent['total_cost']:.4f}"
    assert page.value("Avg Cost/Run") == f"${agent['avg_cost']:.4f}"


def test_a_run_is_shown_as_the_tree_that_it_was(
    page: Page, dashboard: str, filled: Service
) -> None:
    runs = filled.ok("/api/agents/Researcher/runs")
    oldest = runs[-1]
    trace = filled.ok(f"/api/runs/{oldest['run_id']}/trace")
    page.open(f"{dashboard}/agents/Researcher", "Total Runs")
    page.click("//button[text()='Runs']")
    page.shows(*[run["run_name"] for run in runs])
    page.click(f"//button[contains(., '{oldest['run_name']}')]")
    page.shows(f"Events:\n{oldest['event_count']}")
    page.click("//button[contains(., 'Close Graph View')]")  # it squeezes the names of the tree
    page.shows("search", "Tool Call")
    expected = list(nodes(trace["execution_tree"]))
    assert [1, "search"] in expected
    assert page.browser.execute_script(READ_TREE) == expected


def test_a_run_is_drawn_as_a_graph_with_a_node_for_each_event(
    page: Page, dashboard: str, filled: Service
) -> None:
    # The SDK may start another run, of a stray event or two.
    run = max(filled.ok("/api/agents/graph%20app/runs"), key=lambda run: run["event_count"])
    events = filled.ok(f"/api/runs/{run['run_id']}/timeline")["events"]
    page.open(f"{dashboard}/agents/graph%20app", "Total Runs")
    page.click("//button[text()='Runs']")
    # It has asked for the newest run's trace: come later, that would be shown in this one's place.
    page.shows("Run Details", "success")
    page.click(f"//button[contains(., '{run['run_name']}')]")
    page.shows(f"Events:\n{run['event_count']}", "Edge Types")
    page.waits_for(".react-flow__node", len(events))
    drawn = page.browser.find_elements(By.CSS_SELECTOR, ".react-flow__node")
    for name in ("write", "review"):
        calls = [one for one in events if one["data"].get("node_name") == name]
        assert calls
        assert sum(name in node.text for node in drawn) == len(calls)


def test_the_metrics_page_sums_up_everything(page: Page, dashboard: str, filled: Service) -> None:
    summary = filled.ok("/api/metrics/summary")
    page.open(f"{dashboard}/metrics", "Metrics Dashboard", "Agent Comparison")
    assert page.value("Total Agents") == str(summary["total_agents"])
    assert page.value("Total Runs") == str(summary["total_runs"])
    assert page.value("Total Events") == f"{summary['total_events']:,}"
    assert (
        page.value("Total Cost") == f"${summary['total_cost']:.2f}" == f"${sum(SPENT.values()):.2f}"
    )
    assert page.value("Avg Cost/Run") == f"${summary['avg_cost_per_run']:.4f}"


@pytest.mark.parametrize("days", [7, 30, 90])
def test_the_lines_over_time_are_drawn_as_the_days_were(
    page: Page, dashboard: str, filled: Service, days: int
) -> None:
    spent = {round(day["cost"], 2) for day in filled.ok(f"/api/metrics/cost-timeline?days={days}")}
    assert spent - {0} == {cost for ago, cost in SPENT.items() if ago < days}
    page.open(f"{dashboard}/metrics", "Metrics Dashboard", "Agent Comparison")
    page.click(f"//button[normalize-space()='{days}d']")
    for title, path, names in (
        ("Cost Over Time", "cost-timeline", ("cost", "cumulative_cost")),
        ("Token Usage Over Time", "tokens-timeline", ("tokens_in", "tokens_out")),
    ):
        timeline = filled.ok(f"/api/metrics/{path}?days={days}")
        assert len(timeline) == days
        expected = shares([[day[name] for day in timeline] for name in names])
        page.until(partial(is_drawn, page, title, expected), f"{title} of {days} days")


def is_drawn(page: Page, title: str, expected: list[list[float]]) -> bool:
    """Whether the lines of a chart are these."""
    return lines(page, title) == [pytest.approx(line, abs=0.01) for line in expected]


def test_the_bars_are_as_high_as_agents_ran_and_spent(
    page: Page, dashboard: str, filled: Service
) -> None:
    agents = filled.ok("/api/metrics/agents-comparison")
    page.open(f"{dashboard}/metrics", "Metrics Dashboard", "Agent Comparison")
    for title, name in (("Runs Per Agent", "runs"), ("Cost Per Agent", "cost")):
        [expected] = shares([[agent[name] for agent in agents]])
        assert bars(page, title) == pytest.approx(expected, abs=0.01)


def test_agents_are_compared_and_the_first_of_them_named(
    page: Page, dashboard: str, filled: Service
) -> None:
    summary = filled.ok("/api/metrics/summary")
    page.open(f"{dashboard}/metrics", "Metrics Dashboard", "Agent Comparison")
    assert page.table("Agent Comparison") == [
        [
            agent["agent_name"],
            str(agent["runs"]),
            f"${agent['cost']:.4f}",
            f"${agent['avg_cost_per_run']:.6f}",
            f"{agent['total_tokens']:,}",
        ]
        for agent in filled.ok("/api/metrics/agents-comparison")
    ]
    by_cost = page.table("Top Agents by Cost")
    assert by_cost[0] == ["Spender", "$55.7500"]
    assert by_cost == [
        [one["agent_name"], f"${one['cost']:.4f}"] for one in summary["top_agents_by_cost"]
    ]
    by_runs = page.table("Top Agents by Runs")
    assert by_runs[0] == ["graph app", "5"]
    assert by_runs == [
        [one["agent_name"], str(one["runs"])] for one in summary["top_agents_by_runs"]
    ]


def test_what_goes_wrong_on_a_page_is_seen(tmp_path: Path, dashboard: str, filled: Service) -> None:
    """Without this, the other tests might find no problem because none is ever found."""
    nobody, closed = f"{filled.url}/api/agents/nobody", f"http://127.0.0.1:{free_port()}/"
    with browsing(tmp_path) as page:
        page.open(dashboard, "Researcher")
        assert page.problems() == []
        for script, sign in (
            (f"fetch('{nobody}')", f"404 {nobody}"),
            (f"fetch('{closed}')", f"ERR_CONNECTION_REFUSED {closed}"),
            ("console.error('out of order')", "out of order"),
            ("setTimeout(() => { throw new Error('out of hand') })", "out of hand"),
        ):
            page.run(script)
            page.until(partial(is_told, page, sign), sign)


def is_told(page: Page, sign: str) -> bool:
    """Whether this has just gone wrong."""
    return any(sign in problem for problem in page.problems())
