"""The released dashboard in a real browser: it shows what the SDK sent, and nothing fails.

The tests go through the pages as a person would; those that delete come last.
"""

from urllib.parse import quote

from selenium.webdriver.common.by import By

from tests.dashboard.browser import Page
from tests.service import Service

CHARTS = 4  # cost, tokens, runs and cost by agent


def test_the_agents_page_lists_every_agent_with_its_runs(
    page: Page, dashboard: str, filled: Service
) -> None:
    agents = filled.ok("/api/agents")
    assert len(agents) > 2
    page.open(dashboard, *[agent["name"] for agent in agents])
    for agent in agents:
        card = page.browser.find_element(By.XPATH, f"//h3[text()='{agent['name']}']/ancestor::a")
        assert str(agent["total_runs"]) in card.text
        assert str(agent["total_events"]) in card.text
    assert page.problems() == []


def test_an_agents_page_shows_its_runs_and_a_trace_as_a_tree(
    page: Page, dashboard: str, filled: Service
) -> None:
    page.open(f"{dashboard}/agents/Researcher", "Researcher", "Total Runs")
    page.click("//button[text()='Runs']")
    runs = filled.ok("/api/agents/Researcher/runs")
    page.shows(*[run["run_name"] for run in runs])
    page.click(f"//button[contains(., '{runs[0]['run_name']}')]")
    page.shows("Execution Trace", "search", "Tool Call")  # the tool that it calls: a node
    assert page.problems() == []


def test_the_metrics_page_shows_the_summary_and_draws_its_charts(
    page: Page, dashboard: str, filled: Service
) -> None:
    summary = filled.ok("/api/metrics/summary")
    page.open(f"{dashboard}/metrics", "Metrics Dashboard", "Cost Over Time", "Total Events")
    words = page.text.split("\n")
    for title, value in (
        ("Total Agents", str(summary["total_agents"])),
        ("Total Runs", str(summary["total_runs"])),
        ("Total Events", f"{summary['total_events']:,}"),
        ("Total Cost", f"${summary['total_cost']:.2f}"),
    ):
        assert words[words.index(title) + 1] == value
    assert page.count("svg.recharts-surface") >= CHARTS
    for css in (".recharts-line-curve", ".recharts-bar-rectangle path"):
        drawn = page.browser.find_elements(By.CSS_SELECTOR, css)
        assert drawn, css
        assert all(path.get_attribute("d") for path in drawn), css
    page.click("//button[normalize-space()='7d']")
    page.shows("Cost Over Time")
    assert page.problems() == []


def test_a_run_that_is_renamed_from_the_page_has_its_new_name_there(
    page: Page, dashboard: str, filled: Service
) -> None:
    run = filled.ok("/api/agents/Researcher/runs")[0]
    page.open(dashboard, "Researcher")
    # The release has the call in its script, and no button for it.
    url = f"{filled.url}/runs/Researcher/{quote(run['run_name'])}"
    assert page.fetch("PATCH", url, {"new_run_name": "the best of all"}) == 200
    page.open(f"{dashboard}/agents/Researcher", "Total Runs")
    page.click("//button[text()='Runs']")
    page.shows("the best of all")
    page.click("//button[contains(., 'the best of all')]")
    assert page.problems() == []


def test_a_run_that_is_deleted_on_the_page_is_gone_and_the_metrics_fall(
    page: Page, dashboard: str, filled: Service
) -> None:
    before = filled.ok("/api/metrics/summary")
    run = filled.ok("/api/agents/Researcher/runs")[0]
    page.open(f"{dashboard}/agents/Researcher", "Total Runs")
    page.click("//button[text()='Runs']")
    page.shows(run["run_name"])
    page.click("//button[@title='Delete run']")
    page.shows("This action cannot be undone")
    page.click("//button[text()='Delete']")
    page.waits_for_no(f"//button[contains(., '{run['run_name']}')]")
    assert filled.get(f"/api/runs/{run['run_id']}").status_code == 404
    after = filled.ok("/api/metrics/summary")
    assert after["total_runs"] == before["total_runs"] - 1
    assert after["total_events"] == before["total_events"] - run["event_count"]
    page.open(f"{dashboard}/agents/Researcher", "Total Runs")
    # The release goes on to show the run's details for a while, and asks for what is gone.
    gone = f"/Researcher/{quote(run['run_name'])}/trace"
    assert [problem for problem in page.problems() if gone not in problem] == []


def test_an_agent_that_is_deleted_on_the_page_is_gone_with_its_runs(
    page: Page, dashboard: str, filled: Service
) -> None:
    agents = filled.ok("/api/agents")
    gone, *others = agents
    page.open(dashboard, *[agent["name"] for agent in agents])
    page.click(f"//h3[text()='{gone['name']}']/ancestor::a//button[@title='Delete agent']")
    page.shows("This action cannot be undone")
    page.click("//button[text()='Delete']")
    page.shows_no(gone["name"])
    assert [agent["name"] for agent in filled.ok("/api/agents")] == [a["name"] for a in others]
    page.open(f"{dashboard}/metrics", "Metrics Dashboard", "Total Agents")
    words = page.text.split("\n")
    assert words[words.index("Total Agents") + 1] == str(len(others))
    assert page.problems() == []
