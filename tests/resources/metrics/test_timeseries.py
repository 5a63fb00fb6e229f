"""The time series: each metric, group and filter, recounted; windows and gaps."""

from typing import Any
from urllib.parse import quote

import pytest

from service.resources.metrics.timeseries import UNITS
from tests.client import Client
from tests.events import event, new_id
from tests.metrics.asking import STATES, TIMESERIES, ask, days_ago, moment, points, series, store
from tests.metrics.recount import by_day, by_hour, mixed, recount

SUMS = ["events", "cost", "tokens_in", "tokens_out", "errors"]
LATENCIES = ["latency_p50", "latency_p95", "latency_p99"]
GROUPS = ["", "agent", "model", "event_type"]
FILTERS: list[dict[str, str]] = [
    {},
    {"agent": "a/b c"},
    {"model": "select"},
    {"event_type": "llm_call"},
    {"agent": "日本語", "model": 'it\'s "x"'},
    {"agent": "alpha", "event_type": "tool_call"},
    {"agent": "alpha", "event_type": "agent_end", "model": "gpt-4o"},
]
WINDOW = {"from_": "2026-10-20", "to": "2026-11-05"}
INTERVALS = {
    "days": ({"interval": "day"}, by_day("UTC")),
    "days of quarter hours": ({"interval": "day", "tz": "Etc/UTC"}, by_day("UTC")),
    "hours": ({"interval": "hour"}, by_hour("UTC")),
    "local days": ({"interval": "day", "tz": "Europe/Paris"}, by_day("Europe/Paris")),
}


def grouped(group_by: str) -> dict[str, str]:
    """The parameter, where there is to be one."""
    return {"group_by": group_by} if group_by else {}


@pytest.fixture(params=STATES)
def filled(request: pytest.FixtureRequest, client: Client, database_url: str) -> Client:
    """A service with the mixed data set, before a fold, after it, or in between."""
    store(client, database_url, request.param, mixed())
    return client


@pytest.mark.parametrize("interval", INTERVALS)
def test_every_sum_is_what_a_recount_gives(filled: Client, interval: str) -> None:
    params, bucket = INTERVALS[interval]
    local = {"from_": "2026-10-19", "to": "2026-11-06"} | params  # whole days of any time zone
    for metric in SUMS:
        for group_by in GROUPS:
            for filters in FILTERS:
                asked = {**local, "metric": metric, **grouped(group_by), **filters}
                expected = recount(mixed(), metric, bucket, group_by, **filters)
                assert series(ask(filled, **asked)) == (expected or {None: {}}), asked


@pytest.mark.parametrize("metric", [*SUMS, *LATENCIES])
def test_days_are_the_same_from_every_table_that_has_them(filled: Client, metric: str) -> None:
    for group_by in GROUPS:
        for filters in FILTERS:
            asked = {**WINDOW, "metric": metric, **grouped(group_by), **filters}
            small = ask(filled, **asked)
            assert {**ask(filled, **asked, tz="Etc/UTC"), "tz": "UTC"} == small, asked


@pytest.mark.parametrize("metric", [*SUMS, *LATENCIES])
@pytest.mark.parametrize(
    ("dimension", "name"), [("agent", "a/b c"), ("model", "select"), ("event_type", "tool_call")]
)
def test_a_filter_and_a_group_find_the_same(
    filled: Client, metric: str, dimension: str, name: str
) -> None:
    for params in ({"interval": "day"}, {"interval": "hour"}):
        asked = {**WINDOW, **params, "metric": metric}
        filtered = ask(filled, **asked, **{dimension: name})["series"]
        both = ask(filled, **asked, **{dimension: name}, group_by=dimension)["series"]
        every = ask(filled, **asked, group_by=dimension)["series"]
        assert [one["points"] for one in both] == [one["points"] for one in filtered]
        assert both == [one for one in every if one["group"] == name]


def test_runs_count_where_they_start(filled: Client) -> None:
    assert sum(points(ask(filled, metric="runs", from_="2026-11-06", to="2026-12-31"))) == 0
    for chosen in ({"interval": "day"}, {"interval": "hour"}, {"tz": "Asia/Kathmandu"}):
        params = WINDOW | chosen
        assert sum(points(ask(filled, metric="runs", **params))) == 12
        found = series(ask(filled, metric="runs", group_by="agent", **params))
        assert {name: sum(values.values()) for name, values in found.items()} == {
            "alpha": 4,
            "a/b c": 4,
            "日本語": 4,
        }
        assert sum(points(ask(filled, metric="runs", agent="alpha", **params))) == 4


def test_an_answer_says_what_was_asked(client: Client) -> None:
    answer = ask(client, metric="cost", interval="hour", from_="2026-11-01", to="2026-11-02")
    assert len(answer.pop("series")[0].pop("points")) == 24
    assert answer == {
        "metric": "cost",
        "unit": "usd",
        "interval": "hour",
        "tz": "UTC",
        "from": "2026-11-01T00:00:00+00:00",
        "to": "2026-11-02T00:00:00+00:00",
        "group_by": None,
        "truncated": False,
    }


@pytest.mark.parametrize("metric", UNITS)
def test_every_metric_has_its_unit_and_percentiles_their_bound(
    idle_client: Client, metric: str
) -> None:
    answer = ask(idle_client, metric=metric)
    assert answer["unit"] == UNITS[metric]
    assert ("error_bound" in answer) == (metric in LATENCIES)


@pytest.mark.parametrize(("interval", "count"), [("day", 30), ("hour", 24)])
def test_without_a_window_it_is_the_last_days_or_hours_up_to_now(
    client: Client, interval: str, count: int
) -> None:
    client.send(moment(new_id(), days_ago(0)))
    found = points(ask(client, interval=interval))
    assert (len(found), sum(found)) == (count, 1)


@pytest.mark.parametrize("metric", UNITS)
def test_where_nothing_happened_there_are_zeros(idle_client: Client, metric: str) -> None:
    for interval, count in (("day", 3), ("hour", 72)):
        answer = ask(
            idle_client, metric=metric, interval=interval, from_="2026-11-01", to="2026-11-04"
        )
        assert points(answer) == [0] * count
        grouped = ask(idle_client, metric=metric, interval=interval, group_by="agent")
        assert (grouped["series"], grouped["truncated"]) == ([], False)


def test_gaps_between_events_are_zeros(client: Client) -> None:
    run = new_id()
    client.send(moment(run, "2026-11-01T05:00:00Z"), moment(run, "2026-11-03T23:59:59.999999Z"))
    window = {"from_": "2026-11-01", "to": "2026-11-05"}
    assert points(ask(client, **window)) == [1, 0, 1, 0]
    hours = points(ask(client, interval="hour", **window))
    assert [n for n, value in enumerate(hours) if value] == [5, 71]


@pytest.mark.parametrize(
    ("interval", "given", "rounded"),
    [
        ("day", ("2026-11-01T23:59:59", "2026-11-02T00:00:01"), ("01T00", "03T00")),
        ("day", ("2026-11-01T23:59:59", "2026-11-02T00:00:00"), ("01T00", "02T00")),
        ("day", ("2026-11-01", "2026-11-02"), ("01T00", "02T00")),
        ("day", ("2026-11-02T00:30:00+01:00", "2026-11-02T00:30:00-01:00"), ("01T00", "03T00")),
        ("hour", ("2026-11-01T10:59:59.9", "2026-11-01T11:00:00.1"), ("01T10", "01T12")),
        ("hour", ("2026-11-01T10:00", "2026-11-01T11:00"), ("01T10", "01T11")),
        ("hour", ("20261101T1000", "2026-11-01 10:30"), ("01T10", "01T11")),
    ],
)
def test_a_window_is_rounded_to_whole_hours_or_days(
    idle_client: Client, interval: str, given: tuple[str, str], rounded: tuple[str, str]
) -> None:
    answer = ask(idle_client, interval=interval, from_=given[0], to=given[1])
    assert (answer["from"], answer["to"]) == tuple(
        f"2026-11-{found}:00:00+00:00" for found in rounded
    )


def test_the_end_does_not_belong_to_the_window(client: Client) -> None:
    run = new_id()
    for at in ("01T23:59:59.999999", "02T00:00:00", "02T23:59:59.999999", "03T00:00:00"):
        client.send(moment(run, f"2026-11-{at}Z"))
    window = {"from_": "2026-11-02", "to": "2026-11-03"}
    assert points(ask(client, **window)) == [2]
    assert sum(points(ask(client, interval="hour", **window))) == 2
    assert points(ask(client, tz="Etc/UTC", **window)) == [2]


@pytest.mark.parametrize("metric", ["events", "latency_p50"])
@pytest.mark.parametrize("params", [{}, {"interval": "hour"}, {"tz": "Etc/UTC"}, {"model": "m"}])
@pytest.mark.parametrize("state", ["waiting", "folded"])
def test_a_group_with_nothing_in_the_window_is_no_series(
    client: Client, database_url: str, metric: str, params: dict[str, str], state: str
) -> None:
    data = {"latency_ms": 1, "model": "m"}
    store(
        client,
        database_url,
        state,
        [
            moment(new_id(), f"2026-11-{at}Z", agent_name=at, data=data)
            for at in ("01T23:59:59.999999", "02T00:00:00", "03T00:00:00")
        ],
    )
    window = {"metric": metric, "from_": "2026-11-02", "to": "2026-11-03"}
    assert list(series(ask(client, **window, **params, group_by="agent"))) == ["02T00:00:00"]


def test_a_plus_that_was_not_escaped_is_understood(client: Client) -> None:
    query = "interval=hour&from=2026-11-01T12:00:00+01:00&to=2026-11-01T12:00:00-0100"
    answer = client.ok(TIMESERIES, query_string=query)
    assert (answer["from"][11:13], answer["to"][11:13]) == ("11", "13")


def test_days_without_a_time_zone_reach_over_years(client: Client) -> None:
    client.send(moment(new_id(), "2019-02-28T12:00:00Z"))
    found = points(ask(client, from_="2018-01-01", to="2028-01-01"))
    assert (len(found), sum(found)) == (3652, 1)


def test_an_event_in_the_future_is_in_a_window_that_reaches_there(client: Client) -> None:
    client.send(moment(new_id(), "2190-01-01T12:00:00Z"))
    window = {"from_": "2189-12-31", "to": "2190-01-03"}
    assert points(ask(client, **window)) == [0, 1, 0]
    assert sum(points(ask(client, interval="hour", **window))) == 1


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("params", [{}, {"interval": "hour"}, {"event_type": "step"}])
def test_series_come_the_largest_first_and_no_more_than_the_limit(
    client: Client, database_url: str, state: str, params: dict[str, str]
) -> None:
    store(
        client,
        database_url,
        state,
        [
            moment(new_id(), "2026-11-01T05:00:00Z", agent_name=f"agent {n}", data={"cost": n})
            for n in (3, 1, 4, 15, 9, 2, 6)
        ],
    )
    window = {"metric": "cost", "group_by": "agent", "from_": "2026-11-01", "to": "2026-11-02"}
    names = [f"agent {n}" for n in (15, 9, 6, 4, 3, 2, 1)]
    for limit, truncated in ((2, True), (6, True), (7, False), (5000, False)):
        answer = ask(client, **window, **params, limit=limit)
        assert [one["group"] for one in answer["series"]] == names[:limit]
        assert answer["truncated"] is truncated


def test_equal_series_come_in_the_order_of_their_names(client: Client) -> None:
    for name in ("b", "c", "a"):
        client.send(moment(new_id(), days_ago(0), agent_name=name))
    assert list(series(ask(client, group_by="agent"))) == ["a", "b", "c"]


def test_an_event_counts_for_the_agent_of_its_run(client: Client) -> None:
    run = new_id()
    start = moment(run, days_ago(0), "agent_start", agent_name="owner")
    client.send(start, moment(run, days_ago(0), agent_name="callee"))
    found = series(ask(client, group_by="agent"))
    assert {name: sum(values.values()) for name, values in found.items()} == {"owner": 2}


def test_deleted_groups_are_no_series(client: Client, database_url: str) -> None:
    run = new_id()
    store(client, database_url, "folded", [moment(run, days_ago(0), data={"model": "gone"})])
    client.ok(f"/api/runs/{run}", "DELETE")
    for params in ({}, {"interval": "hour"}):
        for group_by in GROUPS[1:]:
            assert ask(client, group_by=group_by, **params)["series"] == []


ODD = [
    "a/b", "a%2Fb", "100 %", 'it\'s "q"', "'; DROP TABLE runs; --", "日本語", "🦊", "back\\slash",
    "select", "null", "all", "a,b", "a&b=c", "x+y", "{a}", '{"a","b"}', ":'name'", "%(name)s",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_any_name_is_a_filter_and_a_group(client: Client, name: str) -> None:
    at = "2026-11-01T05:00:00Z"
    client.send(
        moment(new_id(), at, name, agent_name=name, data={"model": name, "latency_ms": 1}),
        moment(new_id(), at, "other", agent_name="other", data={"model": "other"}),
    )
    for dimension in GROUPS[1:]:
        for params in ({}, {"interval": "hour"}, {"metric": "latency_p50"}):
            asked: dict[str, Any] = {"from_": "2026-11-01", "to": "2026-11-02", **params}
            [one] = ask(client, **asked, **{dimension: name}, group_by=dimension)["series"]
            assert (one["group"], sum(map(bool, (p["value"] for p in one["points"])))) == (name, 1)
        query = f"from=2026-11-01&to=2026-11-02&{dimension}={quote(name, safe='')}&group_by=agent"
        [one] = client.ok(TIMESERIES, query_string=query)["series"]
        assert (one["group"], one["points"][0]["value"]) == (name, 1)


def test_a_name_that_nobody_has_finds_zeros(client: Client) -> None:
    client.send(event(new_id()))
    for dimension in GROUPS[1:]:
        answer = ask(client, **{dimension: "nobody"})
        assert points(answer) == [0] * 30
