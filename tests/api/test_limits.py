"""Every limit of what is sent, at its boundary: what is just allowed, and one more."""

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from falcon import testing

from service.config import Config, ConfigError
from service.ingest.json.event import MAX_DEPTH
from service.resources.agents import MAX_BODY_BYTES, MAX_DESCRIPTION
from service.resources.trace.render import MAX_TREE_DEPTH
from tests.client import Client
from tests.events import Event, event, new_id

pytestmark = pytest.mark.any_postgres


def chain(levels: int) -> Event:
    """So many levels of JSON inside one another."""
    value: Any = 1
    for _ in range(levels - 1):
        value = [value]
    return {"a": value}


def sized(size: int) -> Event:
    """Data that takes so many bytes as compact JSON."""
    return {"a": "x" * (size - len('{"a":""}'))}


def outcome(answer: testing.Result) -> tuple[int, str | None]:
    """The status, and the code of the error, or of the only event's error or warning."""
    if answer.status_code == 200:
        return 200, answer.json["warnings"][0]["code"] if "warnings" in answer.json else None
    [code] = [error["code"] for error in answer.json.get("errors", [answer.json])]
    return answer.status_code, code


def long(count: int) -> list[Event]:
    """So many events."""
    return [event(new_id()) for _ in range(count)]


def large(size: int) -> list[Event]:
    """An event with so many bytes of data."""
    return [event(new_id(), data=sized(size))]


def deep(levels: int) -> list[Event]:
    """An event with so many levels of data."""
    return [event(new_id(), data=chain(levels))]


BATCHES = [
    ("MAX_BATCH_SIZE", "3", 3, long, 413, "batch_too_large"),
    ("MAX_EVENT_KB", "1", 1024, large, 200, "event_too_large"),
    ("MAX_EVENT_KB", "", MAX_DEPTH, deep, 200, "too_deep"),
]


@pytest.mark.parametrize("pretty", [False, True])
@pytest.mark.parametrize(("name", "value", "limit", "make", "status", "code"), BATCHES)
def test_a_limit_that_is_set_holds_however_the_body_is_written(
    database_url: str,
    name: str,
    value: str,
    limit: int,
    make: Callable[[int], list[Event]],
    status: int,
    code: str,
    pretty: bool,
) -> None:
    with Client.of(database_url, **{name: value}) as client:  # type: ignore[arg-type]
        for count, expected in ((limit, (200, None)), (limit + 1, (status, code))):
            body = json.dumps({"events": make(count)}, indent=1 if pretty else None)
            assert outcome(client.send_bytes(body.encode())) == expected, count


def test_the_deepest_data_in_the_deepest_trace_is_read_by_every_parser(client: Client) -> None:
    run, parent = new_id(), None
    events = []
    for second in range(MAX_TREE_DEPTH + 1):
        events.append(event(run, seconds=second, parent_event_id=parent))
        parent = events[-1]["event_id"]
    events[-1]["data"] = chain(MAX_DEPTH)
    client.send(*events)
    text = client.simulate_get(f"/api/runs/{run}/trace").content
    for loads in (json.loads, orjson.loads):
        [node] = loads(text)["execution_tree"]
        for _ in range(MAX_TREE_DEPTH):
            [node] = node["children"]
        assert node["data"] == chain(MAX_DEPTH)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("MAX_BATCH_SIZE", 1, 100_000),
        ("MAX_BODY_MB", 1, 1024),
        ("MAX_IN_FLIGHT_MB", 1, 65_536),
        ("MAX_EVENT_KB", 1, 65_536),
        ("BODY_TIMEOUT_SECONDS", 1, 3600),
        ("STREAM_STALL_SECONDS", 1, 3600),
        ("READ_TIMEOUT_SECONDS", 1, 50),
        ("WRITE_TIMEOUT_SECONDS", 1, 50),
        ("MAX_EVENTS_PER_SECOND", 0, 1_000_000),
        ("MAX_READS_PER_SECOND", 0, 1_000_000),
    ],
)
def test_limits_have_limits_within_which_they_are_safe(name: str, low: int, high: int) -> None:
    for value in (low, high):
        assert getattr(Config.from_environment({name: str(value)}), name.lower()) == value
    for value in (low - 1, high + 1):
        with pytest.raises(ConfigError, match=rf"^{name}='{value}': .* from {low} to {high}$"):
            Config.from_environment({name: str(value)})


@pytest.mark.parametrize(("length", "status"), [(MAX_DESCRIPTION, 200), (MAX_DESCRIPTION + 1, 400)])
def test_the_longest_description(client: Client, length: int, status: int) -> None:
    client.send(event(new_id()))
    answer = client.simulate_patch("/api/agents/agent", json={"description": "🦊" * length})
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(("length", "status"), [(255, 200), (256, 400)])
def test_the_longest_new_name_of_a_run(client: Client, length: int, status: int) -> None:
    client.send(event(new_id(), run_name="a"))
    answer = client.simulate_patch("/api/runs/agent/a", json={"new_run_name": "🦊" * length})
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("path", "name"), [("/api/agents/agent", "description"), ("/api/runs/agent/a", "new_run_name")]
)
def test_the_largest_body_of_a_change(client: Client, path: str, name: str) -> None:
    client.send(event(new_id(), run_name="a"))
    for size, status in ((MAX_BODY_BYTES, 200), (MAX_BODY_BYTES + 1, 413)):
        body = json.dumps({name: "b"}).ljust(size)
        headers = {"Content-Type": "application/json"}
        assert client.simulate_patch(path, body=body, headers=headers).status_code == status


def test_a_page_has_a_thousand_runs_and_no_more(client: Client) -> None:
    client.send(*[event(new_id()) for _ in range(1001)])
    for limit, runs in ((999, 999), (1000, 1000), (1001, 1000)):
        page = client.ok("/api/agents/agent/runs", query_string=f"limit={limit}")
        assert len(page) == runs


@pytest.mark.parametrize("offset", [2**31, 2**31 + 1, 2**63, 10**30])
def test_no_offset_is_too_large(client: Client, offset: int) -> None:
    client.send(event(new_id()))
    assert client.ok("/api/agents/agent/runs", query_string=f"offset={offset}") == []


@pytest.mark.parametrize(("bad", "omitted"), [(100, None), (101, 1)])
def test_a_hundred_errors_are_named(client: Client, bad: int, omitted: int | None) -> None:
    answer = client.send(*[event("bad") for _ in range(bad)]).json
    assert (len(answer["errors"]), answer.get("errors_omitted")) == (100, omitted)
