"""Metrics over a window: the plot with its legend, the tables, their CSV; versions of an agent."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.dashboard.conftest import needs_chromium
from tests.service import Service
from tests.ui.conftest import PHONE, Ui, needs_axe
from tests.ui.runs import HARM, Run, send, short_run

pytestmark = needs_chromium
MODELS = 14  # more than have a colour of their own
FORMULA = "=1+1"
DAY = 86_400


def model_run(agent: str, model: str, cost: float, seconds_ago: float = 60) -> Run:
    """A run of one call of a model and one call of a tool, which failed."""
    run = Run(agent, seconds_ago)
    root = run.add("agent_start", version="1.0")
    call = {"tokens_in": 100, "tokens_out": 10, "latency_ms": 500}
    run.add("llm_call", root, model=model, cost=cost, **call)
    run.add("tool_call", root, tool_name=FORMULA, latency_ms=50, status="error", error="no")
    run.add("agent_end")
    return run


@pytest.fixture(scope="module")
def filled(service: Service) -> Service:
    """The service with two agents, many models, and names that mean harm."""
    runs = [model_run("Keeper", f"model {number}", 1 + number) for number in range(MODELS)]
    runs += [model_run("Keeper", "model 0", 300, 2 * DAY), model_run(HARM[0], HARM[1], 0.5)]
    send(service, [event for run in runs for event in run.events])
    return service


def legend(ui: Ui) -> list[str]:
    """The series with their figures."""
    return ui.texts(".legend button")


def test_with_nothing_stored_it_says_so(ui: Ui, service: Service) -> None:
    ui.open(f"{service.url}/ui/", "GATI")
    ui.click("//nav//a[text()='Metrics']")
    ui.has_address("/ui/metrics")
    ui.until(lambda: ui.text.count("Nothing in this window.") == 4, "four times")


def test_the_largest_are_series_and_all_others_one(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/metrics", "Cost by model, by day", "Exact as of")
    assert legend(ui)[:2] == ["model 0$301.00", "model 13$14.00"]
    assert legend(ui)[-1] == "all others (6)$20.50"  # 2 to 6 dollars, and HARM
    assert len(ui.texts(".plot-bar")) == len(legend(ui)) == 10
    [first] = [text for text in ui.texts("section[aria-label], tr") if text.startswith("model 0")]
    assert "$301.00" in first
    assert any("16 (100%)" in text for text in ui.texts("tr"))  # calls of the tool that failed


def test_choices_are_in_the_address_and_stay(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/metrics", "Cost by model")
    for label, text, address in (
        ("Metric", "Runs", "metric=runs"),
        ("Window", "Last 24 h", "window=24h"),
        ("Agent", "Keeper", "agent=Keeper"),
    ):
        ui.find(f"select[aria-label='{label}']").send_keys(text)
        ui.has_address(address)
    ui.shows("Runs by agent, by hour")
    ui.until(lambda: legend(ui) == [f"Keeper{MODELS}"], "one agent")
    ui.browser.refresh()
    ui.until(lambda: legend(ui) == [f"Keeper{MODELS}"], "the same again")
    ui.find("select[aria-label='Metric']").send_keys("Latency p95")
    ui.has_address("metric=latency_p95")
    ui.shows("percentiles within 10 %", "at most")
    ui.find(".plot-line")
    ui.find("select[aria-label='Latency of']").send_keys("by tool")
    ui.has_address("by=tool")
    ui.shows("Latency by tool", FORMULA)


def test_a_window_may_be_from_one_day_to_another(ui: Ui, filled: Service) -> None:
    from_day = datetime.now(UTC).date() - timedelta(days=2)
    to_day = from_day + timedelta(days=1)
    ui.open(f"{filled.url}/ui/metrics?from={from_day}&to={to_day}", "by model, by hour")
    assert legend(ui) == ["model 0$300.00"]
    assert f"{from_day} – {to_day}" in ui.find("select[aria-label='Window']").text
    ui.find("select[aria-label='Window']").send_keys(Keys.ARROW_DOWN)
    ui.lacks_address("from=")
    ui.has_address("window=24h")
    ui.until(lambda: legend(ui)[0] == "model 13$14.00", "today's")


def test_the_legend_switches_series(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/metrics?window=30d", "Cost by model")
    before = ui.texts(".axis span")[0]
    ui.find(".legend button").send_keys(Keys.ENTER)
    ui.has_address("hide=model+0")
    ui.until(lambda: len(ui.texts(".plot-bar")) == 9, "one less")
    assert ui.texts(".axis span")[0] != before
    focused = "return document.activeElement.getAttribute('aria-label')"
    assert ui.run_script(focused) == "model 0"
    ui.browser.refresh()
    ui.shows("Cost by model")
    assert len(ui.texts(".plot-bar")) == 9
    assert ui.find(".legend [aria-pressed=false]").get_attribute("aria-label") == "model 0"
    ui.press(Keys.TAB)
    ui.find(".legend button").send_keys(Keys.SPACE)
    ui.lacks_address("hide=")
    ui.find(".legend button").send_keys(Keys.SHIFT, Keys.ENTER, Keys.SHIFT)
    ui.until(lambda: len(ui.texts(".plot-bar")) == 1, "this one alone")
    ui.click("//button[text()='Lines']")
    ui.has_address("as=lines")
    ui.until(lambda: len(ui.texts(".plot-line")) == 1, "as a line")


def test_keys_lead_through_the_moments_of_a_plot(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/metrics", "Cost by model")
    plot = ui.find(".plot")
    plot.send_keys(Keys.END)
    assert legend(ui)[0] == "model 0$1.00"
    assert "model 13 $14.00" in str(plot.get_attribute("aria-valuetext"))
    plot.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert legend(ui)[:2] == ["model 0$300.00", "model 13$0"]
    plot.send_keys(Keys.ESCAPE)
    assert legend(ui)[0] == "model 0$301.00"


def test_a_plot_is_a_table_and_a_file_as_well(ui: Ui, filled: Service, tmp_path: Path) -> None:
    ui.open(f"{filled.url}/ui/metrics", "Cost by model")
    ui.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    ui.pick("summary")
    ui.has_address("table=")
    ui.find("details tbody tr")
    assert any("$300.00" in text for text in ui.texts("details tbody tr"))
    for name, cell in (
        ("Cost by model, by day", "301"),
        ("Models", "301"),
        ("Tools", f"'{FORMULA}"),
        ("Latency by agent", HARM[0]),
    ):
        ui.pick(f"button[aria-label='CSV of {name}']")
        file = tmp_path / f"{name}.csv"
        ui.until(file.exists, file.name)
        rows = list(csv.reader(file.read_text().splitlines()))
        assert len({len(row) for row in rows}) == 1
        if name.startswith("Cost"):
            assert sum(float(row[1]) for row in rows[1:]) == float(cell)
        else:
            assert any(cell in row for row in rows)


def test_an_error_says_what_to_do_and_tries_again(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/metrics", "Cost by model")
    with ui.without_answers("*/metrics/*"):
        ui.find("select[aria-label='Metric']").send_keys("Runs")
        ui.shows("The service does not answer", "Next try in")
    ui.shows("Runs by agent, by day")


def test_versions_stand_beside_each_other_with_their_scores(ui: Ui, filled: Service) -> None:
    runs = [short_run("Scored", 90, version="1.0"), short_run("Scored", 60, version="2.0")]
    send(filled, [event for run in runs for event in run.events])
    old, new = (run.run_id for run in runs)
    scores = [
        {"run_id": old, "name": "accuracy", "value": 0.31},
        {"run_id": new, "name": "accuracy", "value": 0.77},
        {"run_id": new, "name": "solved", "value": True},
        {"run_id": new, "name": HARM[0], "value": "kind"},
    ]
    answer = filled.post(json.dumps({"scores": scores}).encode(), "/api/scores").json()
    assert answer["errors"] == []
    ui.open(f"{filled.url}/ui/agents/Scored", "Versions", f"Score: {HARM[0]}")
    rows = [text for text in ui.texts(".figures-body tr") if text[:3] in ("1.0", "2.0")]
    assert [("0.31" in row, "0.77" in row, "kind 100%" in row) for row in rows] == [
        (False, True, True),
        (True, False, False),
    ]
    ui.click("//td/a[text()='2.0']")
    ui.has_address("version=2.0")
    assert ui.run_script("return window.harmed") is None


def test_names_that_mean_harm_are_texts(ui: Ui, filled: Service) -> None:
    ui.open(f"{filled.url}/ui/metrics?group=agent&table=true", HARM[0], HARM[1])
    ui.find("select[aria-label='Agent']").send_keys(HARM[0])
    ui.has_address("agent=")
    ui.until(lambda: legend(ui) == [f"{HARM[0]}$0.50"], "it alone")
    assert ui.run_script("return window.harmed") is None


@pytest.mark.parametrize("query", ["?table=true", "?metric=latency_p95&group=agent"])
def test_on_a_phone_and_in_the_dark_nothing_is_cut_off(ui: Ui, filled: Service, query: str) -> None:
    ui.look(PHONE, "dark")
    ui.open(f"{filled.url}/ui/metrics{query}", "Keeper", "Exact as of")
    assert ui.cut_off() == []


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_metrics_are_accessible(ui: Ui, filled: Service, scheme: str) -> None:
    ui.look(scheme=scheme)
    for path in ("metrics?table=true", "metrics?hide=model+0&metric=latency_p50", "agents/Keeper"):
        ui.open(f"{filled.url}/ui/{path}", "Exact as of")
        assert ui.violations() == [], path
