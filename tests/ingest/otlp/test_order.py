"""Spans arrive in any order, over many requests, some twice: what they come to is the same."""

import random
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from service.db.queries import Connection
from service.metrics.verify import verify
from tests.client import Client
from tests.events import differences
from tests.ingest.otlp.spans import new_span_id, new_trace, run_of, send, span

AGENT = {"gen_ai.operation.name": "invoke_agent"}
CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.usage.output_tokens": 5,
    "gen_ai.usage.cost": 0.1,
}
TRACES = 3
WINDOW = "from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z"


def trace_of(trace: bytes, name: str) -> list[Span]:
    """A trace with an agent inside, which fails, and ids that follow from the trace's."""
    ids = [bytes([number]) + trace[:7] for number in range(1, 8)]
    root, inner, tool, first, second, step, third = ids
    inside = {**AGENT, "gen_ai.agent.name": "Helper"}
    outside = {"gen_ai.agent.name": "Planner", "session.id": name, "deployment.environment": "lab"}
    return [
        span(trace, name, span_id=root, seconds=20, attributes=outside),
        span(trace, "helper", span_id=inner, parent=root, at=1, attributes=inside, error="failed"),
        span(trace, "tool", span_id=tool, parent=inner, at=2, attributes={"tool.name": "web"}),
        span(trace, "chat", span_id=first, parent=tool, at=3, attributes=CHAT),
        span(trace, "chat", span_id=second, parent=inner, at=3, attributes=CHAT),
        span(trace, "step", span_id=step, parent=root, at=0, events={"exception": {}}),
        span(trace, "chat", span_id=third, parent=step, at=9, seconds=2, attributes=CHAT),
    ]


def seen(client: Client, traces: list[bytes]) -> dict[str, Any]:
    """What is answered of these traces, without what says when they came in."""
    answers = {
        name: client.ok(f"/api/metrics/{name}")
        for name in ("summary", f"models?{WINDOW}", f"latency?{WINDOW}", "agents-comparison")
    }
    # Every name that was seen counts as an agent: also that of the service, which spans have
    # whose agent came in another request.
    del answers["summary"]["total_agents"]
    for trace in traces:
        run = client.run(run_of(trace))
        del run["created_at"], run["updated_at"]
        answers[trace.hex()] = run, client.ok(f"/api/runs/{run_of(trace)}/trace")
    return answers


@pytest.mark.parametrize("seed", range(5))
def test_the_order_and_the_requests_make_no_difference(
    client: Client, conn: Connection, database_url: str, seed: int
) -> None:
    traces = [new_trace() for _ in range(TRACES)]
    spans = [sent for n, trace in enumerate(traces) for sent in trace_of(trace, f"trip {n}")]
    send(client, *spans)
    whole = seen(client, traces)
    run, tree = whole[traces[0].hex()]
    assert (run["agent_name"], run["run_name"], run["status"]) == ("Planner", "trip 0", "completed")
    assert (run["environment"], run["metadata"]) == ("lab", {"session_id": "trip 0"})
    assert (run["total_cost"], run["tokens_in"], run["error_count"]) == (0.3, 30, 2)
    assert [node["event_type"] for node in tree["execution_tree"]].count("agent_start") == 1

    client.simulate_delete("/api/agents/Planner")
    assert client.ok("/api/metrics/summary")["total_events"] == 0
    rng = random.Random(seed)
    shuffled = [*spans, *rng.sample(spans, 5)]
    rng.shuffle(shuffled)
    while shuffled:
        size = rng.randint(1, 4)
        assert not send(client, *shuffled[:size]).HasField("partial_success")
        del shuffled[:size]
    assert seen(client, traces) == whole
    assert differences(conn) == []
    assert verify(database_url) == []


def test_the_root_often_comes_last(client: Client) -> None:
    trace, root = new_trace(), new_span_id()
    send(client, span(trace, "call", parent=root, at=1, attributes=CHAT))
    run = client.run(run_of(trace))
    assert (run["agent_name"], run["run_name"], run["status"]) == ("shop", "run 1", "active")
    send(client, span(trace, "trip", span_id=root, seconds=5, attributes={"agent.name": "Planner"}))
    run = client.run(run_of(trace))
    assert (run["agent_name"], run["run_name"], run["status"]) == ("Planner", "trip", "completed")
    assert client.ok("/api/agents/shop/metrics")["total_events"] == 0
    assert client.ok("/api/agents/Planner/metrics")["total_tokens_in"] == 10


def test_a_root_that_fails_fails_its_run_and_an_agent_inside_does_not(client: Client) -> None:
    for failing, status in (("root", "failed"), ("inner", "completed")):
        trace, root = new_trace(), new_span_id()
        error = {failing: "failed"}
        send(client, span(trace, parent=root, attributes=AGENT, error=error.get("inner")))
        send(client, span(trace, span_id=root, error=error.get("root")))
        run = client.run(run_of(trace))
        assert (run["status"], run["error_count"]) == (status, 1)


def test_a_summary_knows_that_a_span_is_stamped_when_it_begins(client: Client) -> None:
    trace, root = new_trace(), new_span_id()
    call = span(trace, "call", parent=root, at=0.5, seconds=1, attributes=CHAT)
    work = span(trace, "trip", span_id=root, seconds=2)
    send(client, work, call)
    summary = client.ok(f"/api/runs/{run_of(trace)}/trace?fields=summary")
    trip = next(node for node in summary["execution_tree"] if node["children"])
    [called] = trip["children"]
    assert (trip["duration_ms"], trip["self_time_ms"]) == (2000, 1000)
    assert (called["duration_ms"], called["self_time_ms"]) == (1000, 1000)
    assert called["started_at"] == called["timestamp"]
