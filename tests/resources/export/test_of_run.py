"""One run in the formats of other tools: spans that come back as the same run, and Chrome's."""

from collections.abc import Iterator
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import Phase, given, settings

from service.ingest.otlp.span import SPAN, event_id_of, run_id_of
from service.resources.export import otlp
from tests.client import Client
from tests.databases import janitor, url_of
from tests.events import Event, event, new_id
from tests.resources.export.reading import export
from tests.resources.export.test_round_trip import batches

FIGURES = (
    "event_type", "depth", "started_at", "duration_ms", "cost", "tokens_in", "tokens_out", "model",
    "is_error", "latency_ms", "subtree_cost",
)  # fmt: skip
ERROR_KEYS = ("error", "status", "output", "error_type", "error_message")
SUMS = ("event_count", "error_count", "total_cost", "tokens_in", "tokens_out")
TRACE = "5b8efff798038103d269b633813fc60c"
OF_RUN = (
    "status", "total_cost", "tokens_in", "tokens_out", "event_count", "error_count", "agent_name",
    "run_name", "session_id", "user_id", "tags", "version", "environment", "first_error",
    "started_at", "total_duration_ms",
)  # fmt: skip


@pytest.fixture
def other(server_url: str, template: str) -> Iterator[Client]:
    """A service with a database of its own."""
    url = url_of(server_url, "gati_test_other")
    with janitor(server_url, "gati_test_other", template), Client.of(url) as client:
        yield client


def whole_run() -> list[Event]:
    """A run with what a run may have: inner agents, errors, costs, roots without parents."""
    run, root, inner, call = (new_id() for _ in range(4))
    common: dict[str, Any] = {"run_name": "nightly", "agent_name": "Keeper"}
    figures = {"model": "m", "tokens_in": 10, "tokens_out": 3, "cost": 0.1, "latency_ms": 250.5}
    fields = {"session_id": "s 1", "user_id": "u", "tags": ["a", "b"], "version": "2"}
    known = {"metadata": {"k": [1, None]}, "environment": "prod", "input": '{"odd": 1}'}
    return [
        event(run, "agent_start", event_id=root, data={**fields, **known}, **common),
        event(run, "agent_start", 1, event_id=inner, parent_event_id=root, agent_name="Inner"),
        event(run, "llm_call", 2, event_id=call, parent_event_id=inner, data=figures, **common),
        event(run, "tool_call", 3, parent_event_id=call, **common, data={
            "tool_name": "search", "cost": 0.2, "latency_ms": 1000, "output": [{"a": None}],
            "error": {"type": "ValueError", "message": "no"}, "status": "error",
        }),
        event(run, "my_own", 4, data={"name": "odd", "big": 10**25, "deep": [[[[{}]]]]}, **common),
        event(run, "step", 5, parent_event_id=new_id(), **common, data={"step_name": "lost"}),
        event(run, "agent_end", 6, previous_event_id=inner, agent_name="Inner"),
        event(run, "agent_end", 7, data={"output": "done", "cost": 1, "tokens_in": 2}, **common),
    ]  # fmt: skip


def sent_again(client: Client, other: Client, run_id: str) -> None:
    """Export a run as OTLP/JSON and send each line to another service."""
    answer = export(client, "otlp.jsonl", run_id=run_id)
    assert answer.status_code == 200, answer.text
    for line in answer.text[:-1].split("\n"):  # str.splitlines() would split at U+2028, too
        taken = other.simulate_post(
            "/v1/traces", body=line.encode(), headers={"Content-Type": "application/json"}
        )
        assert (taken.status_code, taken.json) == (200, {}), taken.text


def shape_of(client: Client, run_id: str) -> list[dict[str, Any]]:
    """The events of a trace in the order of its tree, without ids, and their figures."""
    flat = client.ok(f"/runs/{run_id}/trace?fields=flat")
    rows = [dict(zip(flat["columns"], row, strict=True)) for row in flat["rows"]]
    names = {row["event_id"]: row["name"] or row["event_type"] for row in rows}
    return [
        {"name": names[row["event_id"]], **{name: row[name] for name in FIGURES}} for row in rows
    ]


def assert_same(client: Client, other: Client, run_id: str) -> None:
    """Both services have the same run: its fields, its tree, its figures and its times."""
    one, two = client.run(run_id), other.run(run_id)
    assert {name: one[name] for name in OF_RUN} == {name: two[name] for name in OF_RUN}
    shape, again = shape_of(client, run_id), shape_of(other, run_id)
    for first, second in zip(shape, again, strict=True):
        if first["event_type"] in ("agent_start", "agent_end"):
            first.pop("latency_ms"), second.pop("latency_ms")  # a span ends where its agent does
            if first["event_type"] == "agent_end":
                first["name"] = second["name"]
        assert first == second


def test_a_run_comes_back_from_its_spans(client: Client, other: Client) -> None:
    events = whole_run()
    client.send(*events)
    run_id = events[0]["run_id"]
    sent_again(client, other, run_id)
    assert_same(client, other, run_id)
    assert other.run(run_id)["metadata"]["k"] == [1, None]
    [root] = [
        one
        for one in other.ok(f"/runs/{run_id}/timeline")["events"]
        if one["event_type"] == "agent_start" and one["parent_event_id"] is None
    ]
    assert root["data"]["input"] == '{"odd": 1}'


@pytest.mark.parametrize(
    "said",
    [
        {"error": 0.5},
        {"error": "ValueError: no"},
        {"error_type": "KeyError", "error_message": "k", "status": "error"},
        {"output": {"error": {"type": "T", "message": "m"}}, "status": "failed"},
    ],
)
def test_an_error_says_the_same_again(client: Client, other: Client, said: dict[str, Any]) -> None:
    sent = event(new_id(), "tool_call", data=said)
    client.send(sent)
    sent_again(client, other, sent["run_id"])
    one, two = client.run(sent["run_id"]), other.run(sent["run_id"])
    assert one["first_error"] == two["first_error"] is not None


def test_an_agent_that_failed_twice_has_both_exceptions(client: Client, other: Client) -> None:
    run, agent = new_id(), new_id()
    failed = [{"status": "error", "error": said} for said in ("no key", "TimeoutError: late")]
    client.send(
        event(run, "agent_start", event_id=agent, data=failed[0]),
        event(run, "agent_end", 1, previous_event_id=agent, data=failed[1]),
    )
    [line] = export(client, "otlp.jsonl", run_id=run).text.splitlines()
    [span] = orjson.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    said = [pair["value"]["stringValue"] for one in span["events"] for pair in one["attributes"]]
    assert said == ["no key", "TimeoutError", "late"]
    sent_again(client, other, run)
    assert other.ok(f"/runs/{run}")["first_error"] == {"type": "TimeoutError", "text": "late"}


def otlp_span(number: int, parent: int | None, **fields: Any) -> dict[str, Any]:
    """A span of the one trace, as an SDK writes it."""
    attributes = [
        {"key": key, "value": {"stringValue": value} if isinstance(value, str) else value}
        for key, value in fields.pop("attributes", {}).items()
    ]
    return {
        "traceId": TRACE,
        "spanId": f"{number:016x}",
        "parentSpanId": "" if parent is None else f"{parent:016x}",
        "startTimeUnixNano": str(1_764_000_000_000_000_123 + number * 10**9),
        "endTimeUnixNano": str(1_764_000_020_000_000_456 - number * 10**9),
        "attributes": attributes,
        **fields,
    }


def otlp_request() -> dict[str, Any]:
    """What two libraries send of a run: one watches the calls that the other one makes."""
    messages = orjson.dumps([{"role": "user", "parts": [{"type": "text", "content": "hi"}]}])
    usage = {
        "gen_ai.usage.input_tokens": {"intValue": "7"},
        "gen_ai.usage.cost": {"doubleValue": 0.3},
    }
    call = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", **usage}
    raised = [{"key": "exception.type", "value": {"stringValue": "KeyError"}}]
    spans = [
        otlp_span(1, None, name="nightly", attributes={"session.id": "s", "input.value": "q"}),
        otlp_span(
            2,
            1,
            name="chat",
            kind=3,
            attributes={**call, "gen_ai.input.messages": messages.decode()},
        ),
        otlp_span(3, 2, name="POST", attributes=call),
        otlp_span(
            4,
            1,
            name="helper",
            attributes={"openinference.span.kind": "AGENT", "agent.name": "Helper"},
        ),
        otlp_span(
            5,
            4,
            name="look up",
            status={"code": 2},
            attributes={"openinference.span.kind": "TOOL"},
            events=[
                {"name": "exception", "timeUnixNano": "1764000000000000999", "attributes": raised}
            ],
        ),
        {**otlp_span(6, 1, name="open"), "endTimeUnixNano": "0"},
    ]
    service = [{"key": "service.name", "value": {"stringValue": "Keeper"}}]
    scopes = [{"scope": {"name": "a", "version": "1"}, "spans": spans[:2]}, {"spans": spans[2:]}]
    return {"resourceSpans": [{"resource": {"attributes": service}, "scopeSpans": scopes}]}


def test_a_run_that_came_as_spans_comes_back_with_its_ids(client: Client, other: Client) -> None:
    assert client.simulate_post("/v1/traces", json=otlp_request()).json == {}
    run_id = run_id_of(TRACE)
    sent_again(client, other, run_id)
    assert_same(client, other, run_id)
    timelines = [one.ok(f"/runs/{run_id}/timeline")["events"] for one in (client, other)]
    for one in (*timelines[0], *timelines[1]):
        one.pop("created_at")
        one["data"].get("attributes", {}).pop("gen_ai.agent.name", None)
    assert timelines[0] == timelines[1]
    assert client.run(run_id)["tokens_in"] == 7  # the same call once


def test_a_run_of_many_pages_comes_back_from_many_lines(client: Client, other: Client) -> None:
    run, root = new_id(), new_id()
    events = [event(run, "agent_start", event_id=root)]
    events += [
        event(run, "llm_call", n, parent_event_id=root, data={"cost": 0.25, "name": f"{n}"})
        for n in range(2_500)
    ]
    client.send(*events)  # it is active
    assert len(export(client, "otlp.jsonl", run_id=run).text.splitlines()) == 3
    sent_again(client, other, run)
    assert_same(client, other, run)


def test_a_run_of_too_many_agents_is_refused_with_the_way_out(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, root, inner = (new_id() for _ in range(3))
    client.send(
        event(run, "agent_start", event_id=root),
        event(run, "agent_start", 1, event_id=inner, parent_event_id=root),
        event(run, "agent_end", 2, previous_event_id=inner),
        *(event(run, "llm_call", n, parent_event_id=inner) for n in range(3)),
    )
    monkeypatch.setattr(otlp, "MOST_AGENT_EVENTS", 3)
    assert export(client, "otlp.jsonl", run_id=run).status_code == 200
    monkeypatch.setattr(otlp, "MOST_AGENT_EVENTS", 2)
    refused = export(client, "otlp.jsonl", run_id=run)
    assert (refused.status_code, refused.json["code"]) == (413, "answer_too_large")
    assert f"/export/events.ndjson?run_id={run}" in refused.json["description"]
    assert export(client, "events.ndjson", run_id=run).status_code == 200


HARM: list[Any] = [None, 7, "x", [], [None, {"name": None, "attributes": 3}], {"a": "b"}]


def test_data_that_only_looks_like_a_span_is_exported_all_the_same(client: Client) -> None:
    run = run_id_of(TRACE)
    ids = [event_id_of(TRACE, f"{number:016x}", SPAN) for number in range(1, 7)]
    events = [
        event(run, event_id=one, data={
            "otel": {"span_id": harm, "events": harm, "links": harm, "taken": harm, "scope": harm,
                     "resource": harm, "kind": harm, "trace_state": harm, "status_message": harm},
            "attributes": harm, "error": harm, "input": harm, "output": harm, "tags": harm,
        })
        for one, harm in zip(ids, HARM, strict=True)
    ]  # fmt: skip
    client.send(*events)
    answer = export(client, "otlp.jsonl", run_id=run)
    assert answer.status_code == 200
    [line] = answer.text.splitlines()
    spans = [
        span
        for resource in orjson.loads(line)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]
    assert len(spans) == len(events)


def slices(client: Client, run_id: str) -> list[dict[str, Any]]:
    """The slices of Chrome's trace of a run, after a look at all that is beside them."""
    answer = export(client, "chrome.json", run_id=run_id)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="run.trace.json"'
    trace = answer.json
    assert trace["displayTimeUnit"] == "ms"
    assert trace["otherData"]["run_id"] == run_id
    threads = {one["tid"] for one in trace["traceEvents"] if one["name"] == "thread_name"}
    found = [one for one in trace["traceEvents"] if one["ph"] == "X"]
    assert {one["tid"] for one in found} == threads
    assert [one["ph"] for one in trace["traceEvents"] if one not in found] == ["M"] * (
        len(threads) + 1
    )
    return found


def assert_nested(found: list[dict[str, Any]]) -> None:
    """On each thread two slices are one within the other, or one after the other."""
    for thread in {one["tid"] for one in found}:
        ends: list[int] = []
        for one in [one for one in found if one["tid"] == thread]:
            while ends and ends[-1] <= one["ts"]:
                ends.pop()
            assert not ends or one["ts"] + one["dur"] <= ends[-1], one
            ends.append(one["ts"] + one["dur"])
        starts = [one["ts"] for one in found if one["tid"] == thread]
        assert starts == sorted(starts)


def test_chromes_trace_has_a_slice_for_each_event(client: Client) -> None:
    events = whole_run()
    client.send(*events)
    found = slices(client, events[0]["run_id"])
    assert len(found) == len(events)
    for one in found:
        assert {type(one[name]) for name in ("ts", "dur", "pid", "tid")} == {int}
        assert one["ts"] >= 0 <= one["dur"]
    root = next(one for one in found if one["args"]["event_id"] == events[0]["event_id"])
    assert (root["name"], root["ts"], root["dur"], root["tid"]) == ("agent_start", 0, 7_000_000, 1)
    call = next(one for one in found if one["cat"] == "llm_call")
    assert (call["ts"], call["dur"]) == (1_749_500, 250_500)  # it is stamped at its end
    assert call["args"] | {"model": "m", "cost": 0.1, "tokens_in": 10} == call["args"]
    assert_nested(found)


@pytest.mark.parametrize("seed", range(5))
def test_siblings_that_overlap_lie_on_threads_of_their_own(client: Client, seed: int) -> None:
    draw, run = Random(seed), new_id()
    events = [event(run, "agent_start")]
    for _ in range(60):
        parent = draw.choice([one["event_id"] for one in events] + [None])
        took = draw.choice([0, 1, 500, 3000, 3000, 9000])
        second = draw.randrange(12)
        events.append(event(run, "step", second, parent_event_id=parent, data={"latency_ms": took}))
    client.send(*events)
    found = slices(client, run)
    assert len(found) == len(events)
    assert_nested(found)


def test_children_one_after_another_share_the_thread_of_their_parent(client: Client) -> None:
    run, root = new_id(), new_id()
    calls = [
        event(run, "llm_call", n, parent_event_id=root, data={"latency_ms": 900}) for n in (1, 2, 3)
    ]
    end = event(run, "agent_end", 9, previous_event_id=root)
    client.send(event(run, "agent_start", event_id=root), *calls, end)
    assert {one["tid"] for one in slices(client, run)} == {1}
    twin = {**calls[1], "event_id": new_id()}
    client.send(twin)
    assert sorted(one["tid"] for one in slices(client, run)) == [1, 1, 1, 1, 1, 2]


@pytest.mark.parametrize("name", ["otlp.jsonl", "chrome.json"])
def test_a_run_is_named_and_there(client: Client, name: str) -> None:
    assert export(client, name).json["code"] == "invalid_parameter"
    assert export(client, name, run_id="x").status_code == 400
    assert export(client, name, run_id=new_id(), agent="a").status_code == 400
    missing = export(client, name, run_id=new_id())
    assert (missing.status_code, missing.json["code"]) == (404, "run_not_found")


def without_error_of_start(sent: Event, run_id: str) -> Event:
    """The event in another run. An agent and its end are one span, which says one error of both."""
    if sent.get("event_type") != "agent_start" or not isinstance(sent.get("data"), dict):
        return {**sent, "run_id": run_id}
    data = {key: value for key, value in sent["data"].items() if key not in ERROR_KEYS}
    return {**sent, "run_id": run_id, "data": data}


@pytest.mark.slow
def test_whatever_is_stored_is_exported_and_taken_back(
    database_url: str, server_url: str, template: str
) -> None:
    url = url_of(server_url, "gati_test_other")
    with (
        Client.of(database_url) as source,
        janitor(server_url, "gati_test_other", template),
        Client.of(url) as target,
    ):

        @settings(deadline=None, max_examples=40, phases=[Phase.generate])
        @given(batches())
        def taken_back(events: list[Event]) -> None:
            fresh = {one["run_id"]: new_id() for one in events}
            source.send(*[without_error_of_start(one, fresh[one["run_id"]]) for one in events])
            for run_id in fresh.values():
                if source.simulate_get(f"/api/runs/{run_id}").status_code == 200:
                    sent_again(source, target, run_id)
                    assert_nested(slices(source, run_id))
                    one, two = source.run(run_id), target.run(run_id)
                    assert {name: one[name] for name in SUMS} == {name: two[name] for name in SUMS}

        taken_back()
