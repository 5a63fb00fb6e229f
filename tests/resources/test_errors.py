"""GET /errors and GET /errors/{fingerprint}: errors by what they say, exact in every snapshot."""

import json
import random
from collections import defaultdict
from typing import Any

import pytest

from service.db.queries import Connection
from service.resources.errors import groups
from tests.client import Client
from tests.events import Event, at, event, new_id
from tests.ingest.otlp.spans import new_span_id, new_trace, run_of, send, span

DAY = {"from": "2026-11-22", "to": "2026-11-23"}
PATH = "/api/errors"
DIFFERENT = "SELECT * FROM error_texts WHERE error_fingerprint IS DISTINCT FROM counted_fingerprint"


def dumps(value: Any) -> bytes:
    """JSON in ASCII, which can hold half of a surrogate pair."""
    return json.dumps(value).encode()


def failure(run: str, text: str, seconds: float = 0, **fields: Any) -> Event:
    """An error as the SDK sends it."""
    data = {"error": {"type": "ValueError", "message": text}}
    return event(run, "tool_call", seconds, **{"data": data, **fields})


def listed(client: Client, **params: Any) -> list[dict[str, Any]]:
    """All groups, page by page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.ok(PATH, params={**DAY, **params, **cursor})
        found += page["errors"]
        if page["next_cursor"] is None:
            return found
        assert len(page["errors"]) == params["limit"]
        cursor = {"cursor": page["next_cursor"]}


def events_of(client: Client, fingerprint: str, **params: Any) -> list[dict[str, Any]]:
    """All errors of a group, page by page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.ok(f"{PATH}/{fingerprint}", params={**params, **cursor})
        found += page["errors"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def test_errors_that_differ_in_values_alone_are_one_group(client: Client) -> None:
    one, other = new_id(), new_id()
    data = {"tool_name": "prices", "error": {"type": "ValueError", "message": "no price for 'C'"}}
    last = event(other, "tool_call", 30, agent_name="b", run_name="weekly", data=data)
    client.send(
        failure(one, "no price for 'A'", 10, agent_name="a"),
        failure(one, "no price for 'B'", 20, agent_name="a"),
        event(one, seconds=25, agent_name="a", data={"output": "no price for 'A'"}),
        last,
    )
    (group,) = listed(client)
    fingerprint = group.pop("fingerprint")
    assert group == {
        "type": "ValueError",
        "text": "no price for 'C'",
        "event_type": "tool_call",
        "name": "prices",
        "count": 3,
        "first_at": "2026-11-22T12:00:10+00:00",
        "last_at": "2026-11-22T12:00:30+00:00",
        "agents": ["a", "b"],
        "agent_count": 2,
        "newest": {
            "event_id": last["event_id"],
            "run_id": other,
            "run_name": "weekly",
            "agent_name": "b",
        },
    }
    newest, *older = events_of(client, fingerprint)
    assert newest == {
        "timestamp": "2026-11-22T12:00:30+00:00",
        "type": "ValueError",
        "text": "no price for 'C'",
        "event_type": "tool_call",
        "name": "prices",
        "event_id": last["event_id"],
        "run_id": other,
        "run_name": "weekly",
        "agent_name": "b",
    }
    assert [error["text"] for error in older] == ["no price for 'B'", "no price for 'A'"]


def test_spans_and_events_of_the_sdk_are_of_the_same_group(client: Client) -> None:
    run, trace = new_id(), new_trace()
    client.send(failure(run, "no price for 'A'"))
    exception = {"exception.type": "shop.ValueError", "exception.message": "no price for 'B'"}
    send(client, span(trace, status={"code": 2}, events={"exception": exception}))
    (group,) = listed(client)
    assert {error["run_id"] for error in events_of(client, group["fingerprint"])} == {
        run,
        run_of(trace),
    }


def test_a_span_that_fails_as_it_ends_is_an_error_from_then_on(
    client: Client, conn: Connection
) -> None:
    trace, one, parent = new_trace(), new_span_id(), new_span_id()
    send(client, span(trace, span_id=one, parent=parent, end_time_unix_nano=0))
    assert listed(client) == []
    send(client, span(trace, span_id=one, parent=parent, error="no price for 'A'"))
    (group,) = listed(client)
    assert (group["text"], group["count"]) == ("no price for 'A'", 1)
    assert conn.execute(DIFFERENT).fetchall() == []


def test_a_failure_without_a_text_is_a_group_of_its_own(client: Client) -> None:
    client.send(event(new_id(), data={"status": "failed"}))
    (group,) = listed(client)
    assert (group["type"], group["text"], group["name"]) == (None, "", None)


def test_hostile_texts_are_grouped_and_shown_cut(client: Client, conn: Connection) -> None:
    texts = ["7" * 1_000_000, "١" * 100_000, "\u200b" * 1000, "'" * 5000, "\x00", "a\x00b"]
    for text in [*texts, "half \ud800"]:
        assert client.send_bytes(dumps({"events": [failure(new_id(), text)]})).status_code == 200
    assert conn.execute(DIFFERENT).fetchall() == []
    found = listed(client)
    assert sum(group["count"] for group in found) == len(texts) + 1
    assert all(len(group["text"]) <= 2000 for group in found)
    for group in found:
        assert len(events_of(client, group["fingerprint"])) == group["count"]


@pytest.mark.parametrize("sort", ["count", "last"])
@pytest.mark.parametrize(
    "owner",
    [{}, {"agent": "agent 1"}, {"environment": "live"}, {"agent": "agent 1", "environment": "old"}],
    ids=str,
)
def test_the_groups_are_those_of_the_events(
    client: Client, sort: str, owner: dict[str, str]
) -> None:
    rng = random.Random(sort)
    truth: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    sent = []
    for _ in range(60):
        run, agent, environment = new_id(), f"agent {rng.randrange(3)}", rng.choice(["live", "old"])
        sent.append(event(run, agent_name=agent, data={"environment": environment}))
        for _ in range(rng.randrange(6)):
            kind = rng.choice("abcdefghij")
            sent.append(
                failure(run, f"{kind} of {rng.random()}", rng.randrange(50), agent_name=agent)
            )
            if owner.items() <= {"agent": agent, "environment": environment}.items():
                truth[kind].append((sent[-1]["timestamp"], run, sent[-1]["event_id"]))
    client.send(*sent)
    found = listed(client, sort=sort, limit=3, **owner)
    assert {group["text"][0] for group in found} == set(truth)
    for group in found:
        errors = truth[group["text"][0]]
        assert group["count"] == len(errors)
        assert [group["first_at"], group["last_at"]] == [min(errors)[0], max(errors)[0]]
        path = events_of(client, group["fingerprint"], limit=4, **owner)
        shown = [(error["timestamp"], error["run_id"], error["event_id"]) for error in path]
        assert shown == sorted(errors, reverse=True)
        assert (group["newest"]["run_id"], group["newest"]["event_id"]) in [
            place[1:] for place in errors if place[0] == group["last_at"]
        ]
    key = "count" if sort == "count" else "last_at"
    order = [(group[key], signed(group["fingerprint"])) for group in found]
    assert order == sorted(order, reverse=True)


def signed(fingerprint: str) -> int:
    """A fingerprint as PostgreSQL's bigint."""
    return int.from_bytes(bytes.fromhex(fingerprint), signed=True)


def test_deletes_take_errors_along_and_moves_their_agent(client: Client) -> None:
    gone, moved = new_id(), new_id()
    client.send(
        failure(gone, "x"), failure(moved, "x", 1, agent_name="first", parent_event_id=new_id())
    )
    assert listed(client)[0]["agents"] == ["agent", "first"]
    client.ok(f"/api/runs/{gone}", "DELETE")
    assert [(group["count"], group["agents"]) for group in listed(client)] == [(1, ["first"])]
    client.send(event(moved, "agent_start", agent_name="second"))
    assert listed(client, agent="first") == []
    (group,) = listed(client, agent="second")
    assert group["newest"]["agent_name"] == "second"
    assert len(events_of(client, group["fingerprint"], agent="second")) == 1
    assert events_of(client, group["fingerprint"], agent="first") == []
    client.ok(f"/api/runs/{moved}", "DELETE")
    assert listed(client) == []
    assert events_of(client, group["fingerprint"]) == []


@pytest.mark.parametrize(("many", "few"), [("errors", "runs"), ("runs", "errors")])
def test_an_agents_errors_are_found_by_what_is_fewer(client: Client, many: str, few: str) -> None:
    """Its runs, read once, or the errors, of each of which the run is looked up."""
    fine = [event(new_id(), agent_name="own") for _ in range(0 if few == "runs" else 20)]
    failed = [failure(new_id(), "x", place, agent_name="own") for place in range(2)]
    again = [failure(failed[0]["run_id"], "x", place, agent_name="own") for place in range(2, 5)]
    others = [failure(new_id(), "x", agent_name="other") for _ in range(3)]
    client.send(*fine, *failed, *again, *others)
    (group,) = listed(client, agent="own")
    assert (group["count"], group["agents"]) == (5, ["own"])
    assert group["newest"]["event_id"] == again[-1]["event_id"]
    assert listed(client)[0]["agent_count"] == 2


def test_the_window_is_half_open_and_the_last_seven_days_by_default(client: Client) -> None:
    client.send(failure(new_id(), "x", 10))
    assert listed(client, **{"from": at(10), "to": at(11)})[0]["count"] == 1
    assert listed(client, **{"from": at(9), "to": at(10)}) == []
    assert client.ok(PATH, params={"to": "2026-11-29T00:00:00Z"})["errors"] != []
    assert client.ok(PATH, params={"to": "2026-12-01T00:00:00Z"})["errors"] == []
    answer = client.ok(PATH, params={"to": "2026-12-01T00:00:00Z"})
    assert (answer["from"], answer["to"]) == (
        "2026-11-24T00:00:00+00:00",
        "2026-12-01T00:00:00+00:00",
    )


def test_the_next_page_has_the_window_of_the_first(client: Client) -> None:
    run = new_id()
    client.send(failure(run, "a"), failure(run, "b"), failure(run, "c"))
    first = client.ok(PATH, params={**DAY, "limit": 1})
    link = client.simulate_get(PATH, params={**DAY, "limit": 1}).headers["Link"]
    assert f"cursor={first['next_cursor']}" in link
    second = client.ok(PATH, params={"limit": 1, "cursor": first["next_cursor"]})
    assert [second["from"], second["to"]] == [first["from"], first["to"]]
    assert second["errors"][0]["text"] != first["errors"][0]["text"]


def counted(client: Client, **params: str) -> tuple[int, bool, str | None]:
    """How many errors are grouped, whether these are all, and the oldest moment otherwise."""
    answer = client.ok(PATH, params={**DAY, **params})
    count = sum(group["count"] for group in answer["errors"])
    return count, answer["complete"], answer["stopped_at"]


def test_of_too_many_errors_the_newest_are_grouped(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "MOST_ERRORS", 3)
    run = new_id()
    client.send(*(failure(run, "x", number) for number in random.Random(1).sample(range(5), 5)))
    assert counted(client) == (3, False, at(2))
    assert listed(client)[0]["first_at"] == at(2)
    assert counted(client, **{"from": at(3)}) == (2, True, None)
    assert counted(client, to=at(2)) == (2, True, None)


@pytest.mark.parametrize("few_runs", [True, False])
def test_many_errors_of_one_agent_hide_none_of_another(
    client: Client, monkeypatch: pytest.MonkeyPatch, few_runs: bool
) -> None:
    monkeypatch.setattr(groups, "MOST_ERRORS", 3)
    live, old = ({"environment": name} for name in ("live", "old"))
    run = new_id()
    flood = [failure(run, "x", number, agent_name="flood") for number in range(10, 15)]
    flood[0]["data"] |= live
    others = [event(new_id(), agent_name="other") for _ in range(0 if few_runs else 9)]
    one = failure(new_id(), "y", agent_name="other")
    one["data"] |= old
    client.send(*flood, *others, one)
    assert counted(client, agent="flood") == (3, False, at(12))
    assert counted(client, agent="flood", environment="live") == (3, False, at(12))
    assert counted(client, agent="other") == (1, True, None)
    assert counted(client, agent="other", environment="old") == (1, True, None)
    assert counted(client, environment="old") == (0, False, at(12))
    monkeypatch.setattr(groups, "MOST_READ_FOR_AGENT", 4)
    assert counted(client, agent="other") == (0, False, at(11))
    assert counted(client, agent="other", to=at(13)) == (1, False, at(0))


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"sort": "name"}, "sort"),
        ({"limit": "0"}, "limit"),
        ({"from": "2026-11-23", "to": "2026-11-22"}, "from"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "WzFd"}, "cursor"),
        ({"unknown": "1"}, "unknown"),
        ({"agent": ""}, "agent"),
    ],
)
def test_bad_parameters_are_named(
    idle_client: Client, params: dict[str, str], parameter: str
) -> None:
    answer = idle_client.simulate_get(PATH, params=params)
    assert (answer.status_code, answer.json["parameter"]) == (400, parameter)


def test_a_cursor_of_another_sort_is_refused(client: Client) -> None:
    run = new_id()
    client.send(failure(run, "a"), failure(run, "b"))
    cursor = client.ok(PATH, params={**DAY, "limit": 1})["next_cursor"]
    answer = client.simulate_get(PATH, params={"sort": "last", "cursor": cursor})
    assert (answer.status_code, answer.json["parameter"]) == (400, "cursor")


def test_what_is_no_fingerprint_is_404_and_an_unknown_one_has_no_errors(client: Client) -> None:
    answer = client.simulate_get(f"{PATH}/nothing")
    assert (answer.status_code, answer.json["code"]) == (404, "fingerprint_not_found")
    assert client.ok(f"{PATH}/{'0' * 16}")["errors"] == []
