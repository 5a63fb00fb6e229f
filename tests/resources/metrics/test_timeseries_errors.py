"""Questions that no time series answers are 400 and name the parameter."""

from datetime import datetime, timedelta

import pytest

from service.metrics.fold import connect_for_folds
from tests.client import Client
from tests.events import event, new_id
from tests.metrics.asking import (
    answer_of,
    ask,
    days_ago,
    forget_all,
    moment,
    points,
    refusal,
    starts,
    store,
)

MOMENTS = [
    "", "yesterday", "now", "infinity", "-infinity", "NaN", "2026", "2026-13-01", "2026-02-30",
    "2026-11-01T25:00", "2026-11-01T10:00:00+25:00", "2026-11-01T10:00:00 Europe/Paris",
    "0001-01-01", "1969-12-31", "9001-01-01", "9999-12-31T23:59:59-12:00", "10000-01-01",
    "1793620800", "🦊", "2026-11-01'; DROP TABLE runs; --", "2026-11-01T10:00:00 01:00 01:00",
]  # fmt: skip


@pytest.mark.parametrize("value", MOMENTS)
@pytest.mark.parametrize("name", ["from", "to"])
def test_what_is_no_moment_is_400(idle_client: Client, name: str, value: str) -> None:
    assert refusal(idle_client, **{name: value}) == name


@pytest.mark.parametrize("offset", ["+23:00", "-23:59", "+15:59:59", "+01:00:00.5"])
def test_an_offset_that_no_zone_has_is_taken_as_a_time(idle_client: Client, offset: str) -> None:
    window = {"from_": f"2026-11-01T12:00:00{offset}", "to": "2026-11-03"}
    for path in ({"interval": "hour"}, {"interval": "day"}, {"tz": "Asia/Kathmandu"}):
        assert ask(idle_client, **window, **path)["from"].startswith(("2026-10-3", "2026-11-0"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("metric", "nonsense"), ("metric", ""), ("metric", "latency_p42"), ("metric", "COST"),
        ("interval", "week"), ("interval", ""), ("group_by", "run"), ("group_by", ""),
        ("group_by", "agent_name"), ("limit", "0"), ("limit", "-1"), ("limit", "many"),
        ("agent", ""), ("model", ""), ("event_type", ""), ("agent", "nul\x00"), ("days", "3"),
        ("status", "error"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_400(idle_client: Client, name: str, value: str) -> None:
    assert refusal(idle_client, **{name: value}) == name


def test_a_parameter_that_comes_twice_is_400(client: Client) -> None:
    answer = client.simulate_get("/metrics/timeseries", query_string="tz=UTC&tz=UTC")
    assert (answer.status_code, answer.json["parameter"]) == (400, "tz")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-02", "2026-11-02"),
        ("2026-11-03", "2026-11-02"),
        ("2026-11-02T10:00:00Z", "2026-11-02T11:00:00+01:00"),
        ("8000-01-01", None),
    ],
)
@pytest.mark.parametrize("interval", ["hour", "day"])
def test_a_window_that_ends_before_it_begins_is_400(
    idle_client: Client, start: str, end: str | None, interval: str
) -> None:
    window = {"from_": start, "interval": interval} | ({"to": end} if end else {})
    assert refusal(idle_client, **window) == "from"


@pytest.mark.parametrize("params", [{"interval": "hour"}, {"tz": "Europe/Paris"}])
def test_quarter_hours_answer_92_days_and_no_more(
    idle_client: Client, params: dict[str, str]
) -> None:
    ask(idle_client, from_="2026-08-01", to="2026-11-01", **params)
    assert refusal(idle_client, from_="2026-08-01", to="2026-11-01T00:01", **params) == "from"
    assert refusal(idle_client, from_="1970-01-01", to="9000-12-31", **params) == "from"


def test_days_answer_ten_years_and_no_more(client: Client) -> None:
    assert len(points(ask(client, from_="2016-01-01", to="2026-01-07"))) == 3659
    assert refusal(client, from_="2016-01-01", to="2026-01-10") == "from"


@pytest.mark.parametrize(
    "params",
    [{"group_by": "model"}, {"group_by": "event_type"}, {"model": "m"}, {"event_type": "e"}],
)
@pytest.mark.parametrize("interval", ["hour", "day"])
def test_runs_have_no_model_and_no_event_type(
    idle_client: Client, params: dict[str, str], interval: str
) -> None:
    assert refusal(idle_client, metric="runs", interval=interval, **params) == "metric"


def forget(url: str, days: int) -> None:
    """Remove old quarter hours, as the leader does once an hour."""
    with connect_for_folds(url) as conn:
        forget_all(conn, days)


def test_forgotten_hours_are_400_and_days_stay_exact(client: Client, database_url: str) -> None:
    run = new_id()
    sent = [moment(run, days_ago(days), data={"cost": 0.1}) for days in (1, 10, 20)]
    store(client, database_url, "folded", sent)
    window = {"metric": "cost", "from_": days_ago(25)}
    before = ask(client, **window)["series"]
    assert sum(points(ask(client, **window, interval="hour"))) == pytest.approx(0.3)
    forget(database_url, 5)
    for params in ({"interval": "hour"}, {"tz": "Europe/Paris"}):
        refused = answer_of(client, 400, **window, **params).json
        assert refused["parameter"] == "from"
        assert "ask for days without tz" in refused["detail"]
        assert sum(points(ask(client, metric="cost", from_=days_ago(3), **params))) == 0.1
    assert ask(client, **window)["series"] == before


def test_a_day_whose_first_hours_are_forgotten_is_400(client: Client, database_url: str) -> None:
    run = new_id()
    store(client, database_url, "folded", [moment(run, days_ago(n / 4)) for n in range(40)])
    forget(database_url, 5)
    kept_from = datetime.fromisoformat(days_ago(5)[:10] + "T00:00:00+00:00")
    window = {"from_": (kept_from + timedelta(minutes=10)).isoformat()}
    assert refusal(client, tz="America/New_York", **window) == "from"
    assert refusal(client, tz="Asia/Kathmandu", interval="hour", **window) == "from"
    assert starts(ask(client, interval="hour", **window))[0] == kept_from


def test_a_late_event_of_forgotten_hours_counts_in_days(client: Client, database_url: str) -> None:
    client.send(event(new_id()))
    forget(database_url, 5)
    late = moment(new_id(), days_ago(20), data={"cost": 0.1})
    store(client, database_url, "folded", [late])
    assert sum(points(ask(client, metric="cost"))) == 0.1


def test_more_than_200_000_points_are_413_unless_so_many_groups_are_not_there(
    client: Client,
) -> None:
    client.send(*[event(new_id(), data={"model": f"model {n}"}) for n in range(60)])
    decade = {"group_by": "model", "from_": "2016-12-01", "to": "2026-11-30"}
    refused = answer_of(client, 413, **decade, limit=1000).json
    assert (refused["code"], refused["limit"]) == ("too_many_points", 200_000)
    assert "limit=54" in refused["detail"]  # of 3,651 days each
    largest = ask(client, **decade, limit=54)
    assert (len(largest["series"]), largest["truncated"]) == (54, True)
    month = ask(client, group_by="model", from_="2026-11-01", to="2026-11-30", limit=1000)
    assert len(month["series"]) == 60
    assert len(ask(client, **decade | {"group_by": "agent"}, limit=1000)["series"]) == 1
