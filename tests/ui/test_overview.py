"""The overview: what a window comes to beside the one before, and the way from there to a step."""

from datetime import UTC, datetime, timedelta

import pytest
from selenium.webdriver.common.keys import Keys

from tests.dashboard.conftest import needs_chromium
from tests.service import Service
from tests.ui.conftest import PHONE, Ui, needs_axe
from tests.ui.runs import HARM, Run, failing_run, harmful_run, send, short_run

pytestmark = needs_chromium
DEAR = 12.5
MOST_TABS = 60


def days_ago(days: int) -> float:
    """Seconds since noon (UTC) of a day before today."""
    now = datetime.now(UTC)
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=days)
    return (now - noon).total_seconds()


def failed_yesterday() -> tuple[Run, dict[str, str]]:
    """A run whose tool failed."""
    run, ids = failing_run("Keeper")
    for one in run.events:
        moment = datetime.fromisoformat(one["timestamp"]) - timedelta(seconds=days_ago(1) - 60)
        one["timestamp"] = moment.isoformat()
    return run, ids


class Filled:
    """A service with two days of runs: yesterday was dear."""

    def __init__(self, service: Service) -> None:
        self.url = f"{service.url}/ui/"
        self.dear = short_run("Keeper", days_ago(1))
        self.dear.events[1]["data"] |= {"cost": DEAR, "tokens_in": 90_000}
        self.failed, self.ids = failed_yesterday()
        free = short_run("Singer", days_ago(1))
        free.events[1]["data"] |= {"model": "<b>my own</b>", "cost": None}
        harm = harmful_run()
        runs = [
            self.dear,
            self.failed,
            free,
            harm,
            *(short_run("Keeper", days_ago(2)) for _ in "12"),
        ]
        send(service, [one for run in runs for one in run.events])


@pytest.fixture(scope="module")
def filled(service: Service) -> Filled:
    """The service with these runs."""
    return Filled(service)


def focused(ui: Ui) -> str:
    """The label or text of what has the focus."""
    script = """
        const one = document.activeElement;
        return one.getAttribute("aria-label") ?? one.textContent;
    """
    return str(ui.run_script(script))


def tab_to(ui: Ui, text: str) -> None:
    """Press Tab until what begins with a text has the focus."""
    for _ in range(MOST_TABS):
        if focused(ui).startswith(text):
            return
        ui.press(Keys.TAB)
    raise AssertionError(f"{text} cannot be reached: {focused(ui)}")


def test_from_a_dear_day_to_the_step_that_cost_it_in_four_clicks(ui: Ui, filled: Filled) -> None:
    ui.open(f"{filled.url}?tz=UTC", "What changed", "7 days")
    ui.click("//button[text()='Yesterday']")
    ui.has_address("window=yesterday")
    ui.shows("eside the day before", "$12.75", "$0.50 before")
    ui.click("//td//a[starts-with(., 'Keeper')]")
    ui.has_address("agent=Keeper")
    ui.click("(//a[contains(@class, 'run-row')])[1]")
    ui.has_address(f"/ui/runs/{filled.dear.run_id}")
    ui.click("//button[text()='Costliest']")
    ui.until(lambda: ui.texts(".trace-row.is-selected .name") == ["ask"], "the step")
    assert ui.texts(".trace-row.is-selected .trace-cost") == ["$12.50"]
    ui.browser.back()
    ui.shows("What changed", "Keeper")
    assert "window=yesterday" in ui.browser.current_url


def test_the_same_with_the_keyboard_alone(ui: Ui, filled: Filled) -> None:
    ui.open(f"{filled.url}?tz=UTC", "What changed")
    for text, part in (
        ("Yesterday", "window=yesterday"),
        ("Keeper", "agent=Keeper"),
        ("completedKeeper", f"/ui/runs/{filled.dear.run_id}"),
    ):
        tab_to(ui, text)
        ui.press(Keys.ENTER)
        ui.has_address(part)
        if "runs" not in part:
            ui.shows("eside the day before", "Keeper")
    ui.find(".trace-row")
    ui.press("$")
    ui.until(lambda: ui.texts(".trace-row.is-selected .name") == ["ask"], "the step")


def test_what_changed_says_by_how_much_and_why(ui: Ui, filled: Filled) -> None:
    ui.open(f"{filled.url}?tz=UTC&window=yesterday", "Mostly longer prompts", "Keeper")
    rows = ui.texts(".changed tbody tr")
    [keeper] = [row for row in rows if row.startswith("Keeper")]
    assert keeper.startswith("Keeper$12.75$0.50×26")
    assert keeper.endswith("longer prompts")
    [singer] = [row for row in rows if row.startswith("Singer")]
    assert singer.startswith("Singer$0$0")
    heads = [f"What changed by {name}" for name in ("agent", "model", "tool")]
    assert ui.texts(".changed h2") == heads
    cards = ui.texts(".overview .cards .card")
    assert cards[0].startswith("Cost$12.75×26 $0.50 before")
    assert cards[1].startswith("Runs3+50% 2 before")
    assert cards[2].startswith("Failed runs1new 0 before")
    assert len(ui.texts(".overview .cards polyline")) == 4


def test_bars_are_filters_that_can_be_taken_away(ui: Ui, filled: Filled) -> None:
    ui.open(f"{filled.url}?tz=UTC&window=yesterday", "What changed by tool")
    ui.click("//td//a[starts-with(., '<b>my own</b>')]")
    ui.has_address("model=")
    ui.until(lambda: len(ui.texts("a.run-row")) == 1, "one run has the model")
    assert "Singer" in ui.find("a.run-row").text
    ui.click("//button[contains(., 'model <b>my own</b>')]")
    ui.lacks_address("model=")
    ui.click("//td//a[starts-with(., 'run_sql')]")
    ui.has_address("tool=run_sql")
    ui.until(lambda: len(ui.texts("a.run-row")) == 1, "one run has the tool")
    ui.find("input[name=environment]").send_keys("no such environment")
    ui.has_address("environment=no+such")
    ui.shows("No such run in this window.", "None in this window.")


def test_the_tabs_of_runs_lead_to_the_list_with_the_same_filters(ui: Ui, filled: Filled) -> None:
    ui.open(f"{filled.url}?tz=UTC&window=yesterday&agent=Keeper", "Costliest runs")
    ui.until(lambda: ui.texts("a.run-row .cell-cost") == ["$12.50", "$0.25"], "the costliest first")
    ui.click("//a[text()='Slowest runs']")
    ui.has_address("tab=slowest")
    ui.until(lambda: ui.texts("a.run-row .cell-cost") == ["$0.25", "$12.50"], "the slowest first")
    ui.click("//a[@class='chip'][text()='Failed runs']")
    ui.until(lambda: len(ui.texts("a.run-row")) == 1, "one failed")
    ui.click("//a[text()='All of these']")
    ui.has_address("/ui/runs?")
    ui.has_address("status=failed")
    ui.until(lambda: len(ui.texts("a.run-row")) == 1, "the same run")
    ui.find(f"a[href*='{filled.failed.run_id}']")


def test_an_error_leads_to_its_newest_event(ui: Ui, filled: Filled) -> None:
    ui.open(f"{filled.url}?tz=UTC&window=yesterday&agent=Keeper", "statement timeout")
    ui.until(lambda: len(ui.texts(".errors-of-window tbody tr")) == 1, "one group")
    assert "2" in ui.texts(".errors-of-window tbody td")[1]
    ui.click("//a[text()='statement timeout']")
    ui.has_address(f"/ui/runs/{filled.failed.run_id}?")
    ui.has_address(f"event={filled.ids['end']}")
    ui.find(".detail h2")


def test_models_without_a_price_are_named_with_what_to_do(ui: Ui, filled: Filled) -> None:
    ui.open(f"{filled.url}?tz=UTC", "Models without a price", "<b>my own</b>: 1 call,")
    assert "python -m service prices reprice --since 20" in ui.find(".unpriced pre").text
    assert ui.run_script("return window.harmed") is None


def test_a_window_of_ones_own_is_in_the_address(ui: Ui, filled: Filled) -> None:
    ui.open(f"{filled.url}?tz=UTC&from=2020-01-01&to=2023-01-03", "span at most", "Try again")
    first = datetime.now(UTC).date() - timedelta(days=3)
    ui.problems()  # the 400
    ui.open(f"{filled.url}?tz=UTC&from={first}&to={first + timedelta(days=2)}", "$0.50")
    days = [ui.find(f"input[aria-label='{name} day']") for name in ("First", "Last")]
    assert [day.get_attribute("value") for day in days] == [
        str(first),
        str(first + timedelta(days=1)),
    ]
    ui.run_script(
        f"const day = document.querySelector('[aria-label=\"Last day\"]');"
        f"day.value = '{first + timedelta(days=2)}'; day.dispatchEvent(new Event('change'))"
    )
    ui.has_address(f"to={first + timedelta(days=3)}")
    ui.shows("$13.25")


def test_names_that_mean_harm_are_texts(ui: Ui, filled: Filled) -> None:
    ui.open(f"{filled.url}?tz=UTC&window=today", "<b onmouseover=window.harmed=1>agent</b>")
    ui.shows(HARM[0])
    ui.click("//td//a[starts-with(., '<b onmouseover')]")
    ui.has_address("agent=")
    ui.shows("Failed runs")
    assert ui.run_script("return window.harmed") is None


@pytest.mark.parametrize("query", ["", "&window=yesterday&agent=Keeper", "&window=today"])
def test_on_a_phone_and_in_the_dark_nothing_is_cut_off(ui: Ui, filled: Filled, query: str) -> None:
    ui.look(PHONE, "dark")
    ui.open(f"{filled.url}?tz=UTC{query}", "What changed", "Errors")
    assert ui.cut_off() == []


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(ui: Ui, filled: Filled, scheme: str) -> None:
    ui.look(scheme=scheme)
    for query in ("", "&window=yesterday&model=gpt-4o", "&window=today&environment=nowhere"):
        ui.open(f"{filled.url}?tz=UTC{query}", "Errors", "Costliest runs")
        assert ui.violations() == [], query


def test_an_error_says_what_to_do_and_tries_again(ui: Ui, filled: Filled) -> None:
    ui.open(f"{filled.url}?tz=UTC", "What changed")
    with ui.without_answers("*/metrics/changes?*"):
        ui.click("//button[text()='Today']")
        ui.shows("The service does not answer", "Next try in")
    ui.shows("What changed", "eside the day before")
