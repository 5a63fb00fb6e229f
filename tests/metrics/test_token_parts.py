"""Tokens of the cache and of reasoning: of events, runs and models, however they are sent."""

from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from service.db.queries import Connection
from service.metrics.leader import fold_once
from service.metrics.verify import verify
from tests.client import Client
from tests.events import at, differences, event, new_id
from tests.ingest.otlp.spans import (
    as_json,
    new_span_id,
    new_trace,
    post,
    request,
    run_of,
    send,
    span,
)
from tests.metrics.asking import STATES
from tests.resources.export.reading import export, exported, read_csv

PARTS = ("cached_tokens", "cache_write_tokens", "reasoning_tokens")
CALL = {
    "model": "m",
    "tokens_in": 100,
    "tokens_out": 50,
    "cache_read_tokens": 40,
    "reasoning_tokens": 20,
}
ATTRIBUTES = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "m",
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 50,
    "gen_ai.usage.cache_read.input_tokens": 40,
    "gen_ai.usage.reasoning_tokens": 20,
}
ZEROS = (0, 0, 0)
WINDOW = "from=2026-11-01&to=2026-12-01"


def parts(found: dict[str, Any], prefix: str = "") -> tuple[Any, ...]:
    """The three counts of an answer."""
    return tuple(found[f"{prefix}{name}"] for name in PARTS)


def models(client: Client) -> list[list[tuple[Any, ...]]]:
    """The three counts of each model, by every way that finds them."""
    queries = ("", WINDOW, "agent=agent", f"agent=agent&{WINDOW}")
    return [
        [parts(model) for model in client.ok("/api/metrics/models", query_string=query)]
        for query in queries
    ]


def send_event(client: Client) -> str:
    """Store the call by /api/events."""
    run = new_id()
    client.send(event(run, "llm_call", data=CALL))
    return run


def send_span(client: Client) -> str:
    """Store the call by OTLP/JSON."""
    trace = new_trace()
    sent = request(span(trace, parent=new_span_id(), attributes=ATTRIBUTES), service_name="agent")
    assert post(client, as_json(sent), "application/json").status_code == 200
    return run_of(trace)


@pytest.mark.parametrize("sent_by", [send_event, send_span])
def test_they_are_in_every_answer_about_a_run(client: Client, sent_by: Any) -> None:
    run = sent_by(client)
    for found in (
        client.run(run),
        *client.ok(f"/api/agents/{client.run(run)['agent_name']}/runs"),
        *client.ok("/api/runs")["runs"],
        client.ok(f"/api/runs/{run}/timeline"),
        read_csv(export(client, "runs.csv").text)[0],
    ):
        assert tuple(map(int, parts(found))) == (40, 0, 20)
    for query in ("", "fields=summary", "fields=flat", "fields=flat&limit=1", "fields=digests"):
        found = client.ok(f"/api/runs/{run}/trace", query_string=query)
        assert parts(found, "total_") == (40, 0, 20), query


@pytest.mark.parametrize("sent_by", [send_event, send_span])
def test_they_are_in_every_answer_about_an_event(client: Client, sent_by: Any) -> None:
    run = sent_by(client)
    [stored] = client.ok(f"/api/runs/{run}/timeline")["events"]
    assert stored["data"]["cache_read_tokens"] == 40
    for found in (
        stored,
        client.ok(f"/api/runs/{run}/events/{stored['event_id']}"),
        *client.ok("/api/events")["events"],
        *client.ok(f"/api/runs/{run}/trace")["execution_tree"],
        *client.ok(f"/api/runs/{run}/trace", query_string="fields=summary")["execution_tree"],
    ):
        assert parts(found) == (40, None, 20)
    for query in ("fields=flat", "fields=flat&limit=1"):
        table = client.ok(f"/api/runs/{run}/trace", query_string=query)
        assert parts(dict(zip(table["columns"], table["rows"][0], strict=True))) == (40, None, 20)
    [row] = read_csv(export(client, "events.csv").text)
    assert parts(row) == ("40", "", "20")
    [line] = exported(client)
    assert line["data"] == stored["data"]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("sent_by", [send_event, send_span])
def test_they_are_in_models_and_go_with_their_run(
    client: Client, database_url: str, conn: Connection, sent_by: Any, state: str
) -> None:
    run = sent_by(client)
    if state != "waiting":
        fold_once(database_url)
    assert models(client) == [[(40, 0, 20)]] * 4
    assert verify(database_url) == []
    assert differences(conn) == []
    assert client.simulate_delete(f"/api/runs/{run}").status_code == 200
    assert models(client) == [[]] * 4
    assert verify(database_url) == []


def test_a_run_without_them_has_zeros_and_its_events_nothing(client: Client) -> None:
    run = new_id()
    client.send(event(run, "llm_call", data={"model": "m", "tokens_in": 1}))
    assert parts(client.run(run)) == ZEROS
    assert models(client) == [[ZEROS]] * 4
    [stored] = client.ok(f"/api/runs/{run}/timeline")["events"]
    assert parts(stored) == (None, None, None)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"cached_tokens": 30}, (30, None, None)),
        ({"cached_tokens": 30, "cache_read_tokens": 40}, (40, None, None)),
        ({"cached_tokens": 30, "cache_read_tokens": None}, (30, None, None)),
        ({"cached_tokens": 30, "cache_read_tokens": "x"}, (None, None, None)),
        ({"cache_write_tokens": " 12 ", "reasoning_tokens": 0}, (None, 12, 0)),
        ({"cache_write_tokens": -1, "reasoning_tokens": True}, (None, None, None)),
        ({"cache_write_tokens": 2.5, "reasoning_tokens": 2**41}, (None, None, None)),
    ],
)
def test_what_is_no_count_is_not_said(
    client: Client, said: dict[str, Any], expected: tuple[int | None, ...]
) -> None:
    run = new_id()
    client.send(event(run, "llm_call", data={"tokens_in": 100, "tokens_out": 50, **said}))
    [stored] = client.ok(f"/api/runs/{run}/timeline")["events"]
    assert parts(stored) == expected
    assert parts(client.run(run)) == tuple(count or 0 for count in expected)


def test_the_ended_version_of_a_span_takes_the_place_of_its_open_one(
    client: Client, database_url: str, conn: Connection
) -> None:
    trace, span_id, parent = new_trace(), new_span_id(), new_span_id()
    before = span(trace, span_id=span_id, parent=parent, attributes=ATTRIBUTES)
    before.end_time_unix_nano = 0
    send(client, before)
    assert parts(client.run(run_of(trace))) == (40, 0, 20)
    used = {
        "gen_ai.usage.cache_read.input_tokens": 60,
        "gen_ai.usage.cache_creation.input_tokens": 5,
    }
    send(client, span(trace, span_id=span_id, parent=parent, attributes=ATTRIBUTES | used))
    assert parts(client.run(run_of(trace))) == (60, 5, 20)
    assert parts(client.ok("/api/metrics/models")[0]) == (60, 5, 20)
    [stored] = client.ok(f"/api/runs/{run_of(trace)}/timeline")["events"]
    assert parts(stored) == (60, 5, 20)
    assert verify(database_url) == []
    assert differences(conn) == []


@pytest.mark.parametrize("together", [True, False])
def test_a_call_that_repeats_another_one_does_not_count_them_twice(
    client: Client, database_url: str, conn: Connection, together: bool
) -> None:
    trace, outer_id = new_trace(), new_span_id()
    outer = span(trace, "outer", span_id=outer_id, attributes=ATTRIBUTES)
    inner = span(trace, "inner", parent=outer_id, attributes=ATTRIBUTES)
    batches: list[list[Span]] = [[inner, outer]] if together else [[inner], [outer]]
    for batch in batches:
        send(client, *batch)
    assert parts(client.run(run_of(trace))) == (40, 0, 20)
    assert parts(client.ok("/api/metrics/models")[0]) == (40, 0, 20)
    events = client.ok(f"/api/runs/{run_of(trace)}/timeline")["events"]
    found = {one["data"]["name"]: one for one in events}
    assert parts(found["outer"]) == (40, None, 20)
    assert parts(found["inner"]) == (None, None, None)
    assert found["inner"]["data"]["cached_tokens"] == 40
    assert verify(database_url) == []
    assert differences(conn) == []


def test_a_run_that_moves_takes_them_along(client: Client, database_url: str) -> None:
    run, root = new_id(), new_id()
    client.send(event(run, "llm_call", 1, agent_name="inner", parent_event_id=root, data=CALL))
    start = {"run_id": run, "event_id": root, "event_type": "agent_start", "agent_name": "outer"}
    client.send({**start, "timestamp": at(0), "data": {}})
    by_agent = {
        name: client.ok("/api/metrics/models", query_string=f"agent={name}")
        for name in ("inner", "outer")
    }
    assert by_agent["inner"] == []
    assert parts(by_agent["outer"][0]) == (40, 0, 20)
    assert verify(database_url) == []
