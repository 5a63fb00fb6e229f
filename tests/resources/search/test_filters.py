"""What a search finds is what a look at everything finds, in slices of any size."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from service.api.pagination.scan import TimeBoundedScan
from service.api.text_search import conditions
from service.db.database import Database
from service.resources.events.search import EventSearch, search_events, text_filters
from service.resources.runs.search import RunSearch, by_time
from tests.client import Client
from tests.events import event, new_id
from tests.resources.search.world import (
    EVENT_FILTERS,
    RUN_FILTERS,
    all_runs,
    in_order,
    send_runs,
    some_of,
)

pytestmark = pytest.mark.pgbouncer

QUESTIONS = 60


def test_runs_are_those_that_pass_every_filter(client: Client, database: Database) -> None:
    draw = random.Random(1)
    send_runs(client, draw, 60)
    runs = all_runs(client)
    non_empty = 0
    for _ in range(QUESTIONS):
        chosen = some_of(draw, RUN_FILTERS)
        order = draw.choice(["asc", "desc"])
        expected = [
            run["run_id"]
            for run in in_order(runs, order=order)
            if all(RUN_FILTERS[name][1](run, text) for name, text in chosen.items())
        ]
        answer = client.ok("/api/runs", params={**chosen, "order": order, "limit": 1000})
        assert [run["run_id"] for run in answer["runs"]] == expected, chosen
        by_cost = {**chosen, "sort": "cost", "from": "2020-01-01", "limit": 1000}
        found = client.ok("/api/runs", params=by_cost)["runs"]
        assert {run["run_id"] for run in found} == set(expected), chosen
        search = RunSearch(as_filters(chosen), "started_at", order, 1000, None)
        page = by_time(TimeBoundedScan(database, rows=draw.randint(1, 9)), search)
        assert [run["run_id"] for run in page.rows] == expected, chosen
        non_empty += bool(expected)
    assert non_empty > QUESTIONS / 2


def test_runs_have_all_of_several_tags(client: Client) -> None:
    runs = {tags: new_id() for tags in ("a", "a b", "b a c", "c")}
    client.send(*[event(run, data={"tags": tags.split()}) for tags, run in runs.items()])

    def found(*tags: str) -> set[str]:
        page = client.ok("/api/runs", params={"tag": list(tags), "limit": 1})
        rows = page["runs"]
        while page["next_cursor"]:
            params = {"tag": list(tags), "limit": 1, "cursor": page["next_cursor"]}
            page = client.ok("/api/runs", params=params)
            rows += page["runs"]
        return {run["run_id"] for run in rows}

    assert found("a") == {runs["a"], runs["a b"], runs["b a c"]}
    assert found("a", "b") == {runs["a b"], runs["b a c"]}
    assert found("a", "b", "c", "a") == {runs["b a c"]}
    link = client.simulate_get("/api/runs?tag=a&tag=b&limit=1").headers["Link"]
    assert link.startswith("<?tag=a&tag=b&limit=1&cursor=")
    refused = client.simulate_get("/api/runs?session_id=a&session_id=b")
    assert (refused.status_code, refused.json["parameter"]) == (400, "session_id")
    refused = client.simulate_get("/api/runs?tag=a&tag=%00")
    assert (refused.status_code, refused.json["parameter"]) == (400, "tag")


def test_a_longer_value_finds_what_was_cut(client: Client) -> None:
    run, long = new_id(), "s" * 300
    client.send(event(run, data={"session_id": long, "version": long, "tags": [long]}))
    for name in ("session_id", "version", "tag"):
        [found] = client.ok("/api/runs", params={name: long})["runs"]
        assert found["run_id"] == run


def as_filters(chosen: dict[str, str]) -> dict[str, Any]:
    """The queries' optional parameters."""
    unset: dict[str, Any] = dict.fromkeys([*RUN_FILTERS, "tags", "from_at", "to_at"])
    tags = {"tags": [chosen["tag"]]} if "tag" in chosen else {}
    texts = {**conditions("name", chosen.get("name")), **text_filters(chosen.get("q"))}
    reads_events = bool(chosen.keys() & {"model", "tool", "q"}) or None
    filters = {**unset, **chosen, **tags, **texts, "reads_events": reads_events}
    return {name: value for name, value in filters.items() if name not in ("tag", "name", "q")}


def test_events_are_those_that_pass_every_filter(client: Client, database: Database) -> None:
    draw = random.Random(2)
    send_runs(client, draw, 60)
    runs = all_runs(client)
    non_empty = 0
    for _ in range(QUESTIONS):
        chosen = some_of(draw, EVENT_FILTERS)
        if draw.random() < 0.1:
            chosen["run_id"] = draw.choice(runs)["run_id"]
        expected = [
            each["event_id"]
            for run in in_order(runs)
            if chosen.get("run_id", run["run_id"]) == run["run_id"]
            for each in reversed(run["events"])
            if all(EVENT_FILTERS[n][1](run, each, t) for n, t in chosen.items() if n != "run_id")
        ]
        answer = client.ok("/api/events", params={**chosen, "limit": 200})
        assert [each["event_id"] for each in answer["events"]] == expected[:200], chosen
        page = search_events(TimeBoundedScan(database, rows=draw.randint(1, 9)), as_search(chosen))
        assert [each["event_id"] for each in page.rows] == expected, chosen
        non_empty += bool(expected)
    assert non_empty > QUESTIONS / 2


def as_search(chosen: dict[str, str]) -> EventSearch:
    """The question, as its resource reads it."""
    is_error = "status" in chosen or None
    times = {
        f"{name}_at": chosen.get(name) and datetime.fromisoformat(chosen[name])
        for name in ("from", "to")
    }
    return EventSearch(
        {
            **times,
            "run_id": chosen.get("run_id"),
            **{name: chosen.get(name) for name in ("agent", "session_id", "user_id", "version")},
            "tags": [chosen["tag"]] if "tag" in chosen else None,
            "has_error": is_error,
        },
        {
            **times,
            "event_type": chosen.get("event_type"),
            "model": chosen.get("model"),
            "tool": chosen.get("tool"),
            "is_error": is_error,
            **text_filters(chosen.get("q")),
        },
        1000,
        None,
    )


def test_a_window_of_runs_is_of_when_they_started(client: Client) -> None:
    draw = random.Random(4)
    send_runs(client, draw, 30)
    runs = in_order(all_runs(client))
    first, last = runs[20]["started_at"], runs[5]["started_at"]
    assert datetime.fromisoformat(first).tzinfo == UTC
    expected = [run["run_id"] for run in runs if first <= run["started_at"] < last]
    assert 0 < len(expected) < 25
    for sort in ("started_at", "duration"):
        params = {"from": first, "to": last, "sort": sort}
        found = [run["run_id"] for run in client.ok("/api/runs", params=params)["runs"]]
        assert sorted(found) == sorted(expected)


BAD = [
    ("runs", "sort=price", "sort"),
    ("runs", "order=up", "order"),
    ("runs", "sort=cost", "from"),
    ("runs", "from=2026-11-22&to=2026-11-22", "from"),
    ("runs", "status=error", "status"),
    ("runs", "min_cost=-1", "min_cost"),
    ("runs", "max_cost=1e3", "max_cost"),
    ("runs", "min_duration_ms=soon", "min_duration_ms"),
    ("runs", "has_error=1", "has_error"),
    ("runs", "limit=0", "limit"),
    ("runs", f"name={'x' * 256}", "name"),
    ("runs", "name=", "name"),
    ("runs", "q=%00", "q"),
    ("runs", "status=failed&status=active", "status"),
    ("runs", "cursor=forged", "cursor"),
    ("runs", "cursor=W10", "cursor"),
    ("runs", "cursor=WyJjb3N0IiwiYXNjIiwiMSIsIngiXQ", "cursor"),
    ("events", "run_id=x", "run_id"),
    ("events", "status=ok", "status"),
    ("events", f"q={'x' * 257}", "q"),
    ("events", "q=%00", "q"),
    ("events", "from=yesterday", "from"),
    ("events", "sort=cost", "sort"),
    ("events", "cursor=W251bGwsbnVsbCxudWxsLG51bGxd", "cursor"),
]


def test_what_cannot_be_asked_is_named(client: Client) -> None:
    for path, query, parameter in BAD:
        answer = client.simulate_get(f"/api/{path}", query_string=query)
        assert (answer.status_code, answer.json["code"]) == (400, "invalid_parameter"), query
        assert answer.json["parameter"] == parameter, query


def test_a_cursor_goes_with_its_sort_and_order(client: Client) -> None:
    send_runs(client, random.Random(5), 3)
    params = {"sort": "cost", "from": "2020-01-01", "limit": 1}
    cursor = client.ok("/api/runs", params=params)["next_cursor"]
    for other in ({"sort": "tokens"}, {"order": "asc"}, {"sort": "started_at"}):
        answer = client.simulate_get("/api/runs", params={**params, **other, "cursor": cursor})
        assert (answer.status_code, answer.json["parameter"]) == (400, "cursor")
        assert "sort or order" in answer.json["description"]
