"""What a span's attributes become: a case or more for each line of the mapping, in its order.

Where a line names several attributes, each is tried alone and then all together: the first wins.
"""

import json
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from service.ingest.otlp.batch import SpanBatch
from service.ingest.rows import EventRow
from tests.ingest.otlp.spans import (
    START_NS,
    as_json,
    new_span_id,
    new_trace,
    parsed,
    request,
    rows,
    run_of,
    span,
)

TRACE, ROOT, CHILD = bytes(range(1, 17)), b"\x01" * 8, b"\xab\xcd\xef\x01\x23\x45\x67\x89"
CHAT, INVOKE = {"gen_ai.operation.name": "chat"}, {"gen_ai.operation.name": "invoke_agent"}
LAST_56_BITS = TRACE.hex()[18:]


def one(attributes: dict[str, Any], **fields: Any) -> EventRow:
    """The row of a span that is no agent and no root."""
    [row] = rows(span(TRACE, span_id=CHILD, parent=ROOT, attributes=attributes, **fields))
    return row


def call(attributes: dict[str, Any]) -> EventRow:
    """The row of a call of a model that is no root."""
    return one(CHAT | attributes)


def data(row: EventRow) -> dict[str, Any]:
    """Its data."""
    read: dict[str, Any] = json.loads(row.data)
    return read


def pair(attributes: dict[str, Any], **fields: Any) -> tuple[EventRow, EventRow]:
    """The start and the end of a root."""
    [start, end] = rows(span(TRACE, "plan", span_id=ROOT, attributes=attributes, **fields))
    return start, end


def in_order(names: tuple[str, ...], values: list[Any]) -> list[tuple[dict[str, Any], Any]]:
    """Each attribute alone; then all, without the first, and so on: the first there is wins."""
    said = dict(zip(names, values, strict=True))
    alone = [({name: value}, value) for name, value in said.items()]
    together = [
        (dict(reversed(list(said.items())[first:])), values[first]) for first in range(len(values))
    ]
    return alone + together


# ids


def test_the_trace_is_the_run_and_the_span_the_event() -> None:
    row = one({})
    assert row.run_id == run_of(TRACE) == "01020304-0506-0708-090a-0b0c0d0e0f10"
    assert row.event_id == "abcdef01-2345-8678-890a-0b0c0d0e0f10"
    assert row.event_id.replace("-", "").endswith(LAST_56_BITS)


def test_start_and_end_are_two_and_children_name_the_start() -> None:
    start, end = pair({})
    child = one({})
    assert child.parent_event_id == start.event_id != end.event_id
    assert (start.parent_event_id, end.parent_event_id) == (None, None)
    assert end.previous_event_id == start.event_id


def test_no_two_spans_of_a_run_share_an_event() -> None:
    near = [bytes(7) + bytes([n]) for n in range(1, 5)] + [
        bytes([n]) + bytes(7) for n in range(1, 5)
    ]
    made = rows(*(span(TRACE, span_id=span_id) for span_id in near))
    assert len({row.event_id for row in made}) == 2 * len(near)


# agents and runs


@pytest.mark.parametrize(
    ("said", "name"),
    in_order(("gen_ai.agent.name", "agent.name", "gen_ai.workflow.name"), ["one", "two", "three"]),
)
def test_agent_name(said: dict[str, Any], name: str) -> None:
    assert {row.agent_name for row in pair(said)} == {name}


@pytest.mark.parametrize("said", [None, 5, "", "a\nb", "x" * 256, ".", ".."])
def test_an_agent_without_a_name_is_its_service(said: Any) -> None:
    assert pair({"agent.name": said})[0].agent_name == "shop"


@pytest.mark.parametrize("service_name", [None, "unknown_service:python", ".."])
def test_a_service_without_a_name_is_called_as_its_root(service_name: str | None) -> None:
    def agent(sent: Span, **resource: Any) -> str:
        return rows(sent, service_name=service_name, **resource)[0].agent_name

    is_unknown = service_name in (None, "..")
    unknown = "unknown_service" if is_unknown else service_name
    assert agent(span(TRACE, "support")) == "support"
    assert agent(span(TRACE, "x", attributes={"ai.telemetry.functionId": "weather"})) == "weather"
    assert agent(span(TRACE, "GET /orders/7", attributes={"http.method": "GET"})) == unknown
    assert agent(span(TRACE, parent=ROOT)) == unknown
    assert agent(span(TRACE), openinference_project_name="shop") == "shop"
    assert agent(span(TRACE, parent=ROOT), openinference_project_name=0) == unknown


def test_the_one_agent_below_an_http_root_names_its_run() -> None:
    def root_agent(*inside: str) -> str:
        root = span(TRACE, span_id=ROOT, attributes={"http.request.method": "POST"})
        agents = [
            span(TRACE, parent=ROOT, attributes=INVOKE | {"gen_ai.agent.name": name})
            for name in inside
        ]
        return rows(root, *agents)[0].agent_name

    assert root_agent("one") == root_agent("one", "one") == "one"
    assert root_agent() == root_agent("one", "two") == "shop"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"openinference.span.kind": "AGENT", "graph.node.id": "planner"}, "planner"),
        ({"traceloop.span.kind": "agent", "traceloop.entity.name": "planner"}, "planner"),
        ({"openinference.span.kind": "CHAIN", "graph.node.id": "planner"}, "shop"),
        ({"traceloop.span.kind": "task", "traceloop.entity.name": "planner"}, "shop"),
    ],
)
def test_an_inner_agent_is_named_by_its_node(said: dict[str, Any], name: str) -> None:
    assert one_or_two(said)[0].agent_name == name


def one_or_two(said: dict[str, Any]) -> list[EventRow]:
    """The rows of a span inside, whatever it is."""
    return rows(span(TRACE, parent=ROOT, attributes=said))


def test_a_span_belongs_to_its_nearest_ancestor_with_a_name() -> None:
    root, inner, tool = new_span_id(), new_span_id(), new_span_id()
    agent = {"gen_ai.operation.name": "invoke_agent"}
    made = rows(
        span(TRACE, parent=tool),
        span(TRACE, span_id=tool, parent=inner),
        span(TRACE, span_id=inner, parent=root, attributes={**agent, "gen_ai.agent.name": "B"}),
        span(TRACE, span_id=root, attributes={"gen_ai.agent.name": "A"}),
        span(TRACE, parent=root),
        span(TRACE, parent=new_span_id()),
        span(new_trace(), parent=tool),
    )
    assert [row.agent_name for row in made] == ["B", "B", "B", "B", "A", "A", "A", "shop", "shop"]


def test_parents_in_a_circle_have_no_name() -> None:
    one_id, other = new_span_id(), new_span_id()
    circle = [span(TRACE, span_id=one_id, parent=other), span(TRACE, span_id=other, parent=one_id)]
    made = rows(*circle, span(TRACE, span_id=ROOT, parent=ROOT))
    assert [row.agent_name for row in made] == ["shop"] * 3


def test_run_name() -> None:
    start, end = pair({})
    assert (start.run_name, end.run_name) == ("plan", None)
    assert pair({"langfuse.trace.name": "trip"})[0].run_name == "trip"
    assert one({"langfuse.trace.name": "trip"}).run_name == "trip"
    assert one({}).run_name is None
    for generated in ("", "temp_1", "\n", ".", "..", "..\n"):  # the service names it `run N`
        assert rows(span(TRACE, generated))[0].run_name is None


def test_a_run_name_is_shortened_and_not_replaced() -> None:
    assert rows(span(TRACE, "a\n\x07 b"))[0].run_name == "a  b"
    assert rows(span(TRACE, "x" * 256))[0].run_name == "x" * 254 + "…"
    assert pair({"langfuse.trace.name": "t" * 300})[0].run_name == "t" * 254 + "…"


def test_the_message_of_a_template_is_the_name_of_its_run() -> None:
    said = {"logfire.msg": "order 7"}
    assert rows(span(TRACE, "order {id}", attributes=said))[0].run_name == "order 7"
    assert rows(span(TRACE, "order {id}"))[0].run_name == "order {id}"
    assert rows(span(TRACE, "invoke_agent a", attributes=said))[0].run_name == "invoke_agent a"


@pytest.mark.parametrize(
    ("said", "name"),
    in_order(
        ("deployment.environment.name", "deployment.environment", "langfuse.environment"),
        ["one", "two", "three"],
    ),
)
def test_environment(said: dict[str, Any], name: str) -> None:
    in_resource = {key.replace(".", "_"): value for key, value in said.items()}
    assert one(said).environment == name
    assert rows(span(TRACE, parent=ROOT), **in_resource)[0].environment == name
    assert one({}).environment is None


@pytest.mark.parametrize(
    ("said", "metadata"),
    [
        *[
            (said, {"session_id": kept})
            for said, kept in in_order(("session.id", "gen_ai.conversation.id"), ["s", "c"])
        ],
        ({"user.id": "u"}, {"user_id": "u"}),
        ({"tag.tags": ["a"], "langfuse.trace.tags": ["b"]}, {"tags": ["a"]}),
        ({"langfuse.trace.tags": ["b"]}, {"tags": ["b"]}),
        ({"metadata": '{"a": 1}', "user.id": "u"}, {"a": 1, "user_id": "u"}),
        ({"metadata": {"a": 1}}, {"a": 1}),
        ({"metadata": "no JSON"}, {"metadata": "no JSON"}),
    ],
)
def test_metadata_of_the_run(said: dict[str, Any], metadata: dict[str, Any]) -> None:
    start, end = pair(said)
    assert json.loads(start.metadata or "") == metadata == data(start)["metadata"]
    assert (end.metadata, one(said).metadata, pair({})[0].metadata) == (None, None, None)


# times


def test_timestamp_and_latency() -> None:
    times = {
        "start_time_unix_nano": START_NS + 1_234_567,
        "end_time_unix_nano": START_NS + 5_000_000,
    }
    row = one({}, **times)
    assert row.timestamp_text == "2026-11-22T12:00:00.001234+00:00"
    assert (row.latency_us, data(row)["latency_ms"]) == (3_765, 3.765433)
    start, end = pair({}, **times)
    assert (start.timestamp_text, end.timestamp_text) == (
        "2026-11-22T12:00:00.001234+00:00",
        "2026-11-22T12:00:00.005000+00:00",
    )
    assert (start.latency_us, end.latency_us) == (None, 3_765)


def test_an_agent_that_has_not_ended_has_a_start_alone() -> None:
    inside: dict[str, Any] = {"attributes": {"gen_ai.operation.name": "invoke_agent"}}
    agents: list[dict[str, Any]] = [{}, {"parent": ROOT, **inside}]
    for fields in agents:
        [start] = rows(span(TRACE, end_time_unix_nano=0, **fields))
        assert (start.event_type, start.latency_us) == ("agent_start", None)


def test_a_call_that_has_not_ended_has_no_latency() -> None:
    [row] = rows(span(TRACE, parent=ROOT, end_time_unix_nano=0))
    assert row.latency_us is None


def test_a_span_that_ended_before_its_start_took_no_time() -> None:
    sent = request(span(TRACE, end_time_unix_nano=START_NS - 1))
    start, end = parsed(sent.SerializeToString(), is_json=False).rows
    assert (end.latency_us, end.timestamp) == (0, start.timestamp)


def test_a_notice_that_a_call_has_begun_is_no_call() -> None:
    said = {"gen_ai.operation.name": "chat", "logfire.span_type": "pending_span"}
    [row] = rows(span(TRACE, parent=ROOT, attributes=said))
    assert (row.event_type, row.model) == ("step", None)


# models and what they took


@pytest.mark.parametrize(
    ("said", "name"),
    in_order(
        (
            "gen_ai.response.model",
            "ai.model.id",
            "gen_ai.request.model",
            "llm.response.model_name",
            "llm.model_name",
        ),
        ["a", "b", "c", "d", "e"],
    ),
)
def test_model(said: dict[str, Any], name: str) -> None:
    row = one(said)
    assert (row.model, data(row)["model"]) == (name, name)
    start, end = pair(said)
    assert (start.model, end.model) == (None, name)


FIGURES = [
    (
        "tokens_in",
        ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"),
    ),
    (
        "tokens_out",
        (
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.completion_tokens",
            "llm.token_count.completion",
        ),
    ),
    (
        "cache_read_tokens",
        ("gen_ai.usage.cache_read.input_tokens", "llm.token_count.prompt_details.cache_read"),
    ),
    (
        "cache_write_tokens",
        ("gen_ai.usage.cache_creation.input_tokens", "llm.token_count.prompt_details.cache_write"),
    ),
    (
        "reasoning_tokens",
        ("gen_ai.usage.reasoning.output_tokens", "llm.token_count.completion_details.reasoning"),
    ),
    ("provider", ("gen_ai.provider.name", "gen_ai.system", "llm.provider")),
    ("node_id", ("graph.node.id",)),
    ("node_name", ("graph.node.name",)),
    ("node_parent_id", ("graph.node.parent_id",)),
    ("tool_call_id", ("gen_ai.tool.call.id",)),
    ("system_instructions", ("gen_ai.system_instructions",)),
    (
        "input",
        (
            "gen_ai.tool.call.arguments",
            "gen_ai.input.messages",
            "input.value",
            "traceloop.entity.input",
        ),
    ),
    (
        "output",
        (
            "gen_ai.tool.call.result",
            "gen_ai.output.messages",
            "output.value",
            "traceloop.entity.output",
        ),
    ),
]


@pytest.mark.parametrize(
    ("key", "said", "kept"),
    [
        (key, said, kept)
        for key, names in FIGURES
        for said, kept in in_order(
            names,
            [7 + n if "tokens" in key else f"{key} {n}" for n in range(len(names))],
        )
    ],
)
def test_a_key_of_data(key: str, said: dict[str, Any], kept: Any) -> None:
    row = call(said)
    assert data(row)[key] == kept
    if key in ("tokens_in", "tokens_out"):
        assert getattr(row, key) == kept
    taken = data(row)["otel"].get("taken", {})
    kept_apart = {name: data(row)[to] for to, name in taken.items()}
    assert data(row)["attributes"] | kept_apart == CHAT | said


def test_cached_and_reasoning_tokens_are_never_added() -> None:
    row = call(
        {
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.cache_read.input_tokens": 60,
            "gen_ai.usage.cache_creation.input_tokens": 20,
            "gen_ai.usage.output_tokens": 50,
            "gen_ai.usage.reasoning.output_tokens": 30,
        }
    )
    assert (row.tokens_in, row.tokens_out) == (100, 50)


@pytest.mark.parametrize("wrong", ["x", "", "-1", "NaN", "0x1", "1_0", "٣", True, -1, [], {}])
def test_a_value_of_the_wrong_type_counts_as_absent(wrong: Any) -> None:
    usage = {"gen_ai.usage.input_tokens": wrong, "llm.token_count.prompt": 3}
    row = call({**usage, "gen_ai.usage.cost": wrong})
    assert (row.tokens_in, row.cost, row.cost_source) == (3, None, None)


@pytest.mark.parametrize("wrong", [1.5, "1.5", 2**41, str(2**41)])
def test_a_number_that_is_no_count_is_no_tokens(wrong: Any) -> None:
    assert call({"gen_ai.usage.input_tokens": wrong}).tokens_in is None


def test_counts_in_camel_case_include_their_parts() -> None:
    counts = {"promptTokens": 10, "completionTokens": 4, "totalTokens": 14}
    row = call({"langfuse.observation.usage_details": json.dumps(counts)})
    assert (row.tokens_in, row.tokens_out) == (10, 4)


def test_numbers_as_text() -> None:
    said = {"gen_ai.usage.input_tokens": "12", "gen_ai.usage.output_tokens": "7.0"}
    row = call(said | {"gen_ai.usage.cost": "0.250"})
    assert (row.tokens_in, row.tokens_out, row.cost, data(row)["cost"]) == (12, 7, "0.250", 0.25)


@pytest.mark.parametrize(
    ("said", "cost"),
    [
        *in_order(
            ("langfuse.observation.cost_details", "gen_ai.usage.cost", "llm.cost.total"),
            [{"total": 0.5}, 0.25, 0.125],
        ),
        ({"langfuse.observation.cost_details": '{"input": 0.1, "output": 0.2}'}, 0.3),
        ({"langfuse.observation.cost_details": '{"input": 1, "total": 4}'}, 4),
        (
            {"langfuse.observation.cost_details": '{"input": 0.1, "output": 0.2, "total": null}'},
            0.3,
        ),
        ({"langfuse.observation.cost_details": '{"input": 0.5, "total": "NaN"}'}, 0.5),
        ({"langfuse.observation.cost_details": '{"input": 0.5, "total": NaN}'}, 0.5),
        ({"langfuse.observation.cost_details": "nothing", "gen_ai.usage.cost": 2}, 2),
        ({"llm.cost.prompt": 0.1, "llm.cost.completion": 0.2}, 0.3),
        ({"llm.cost.prompt": 0.1}, 0.1),
        ({"llm.cost.total": 1, "llm.cost.prompt": 0.1}, 1),
        ({"llm.cost.prompt": 9e8, "llm.cost.completion": 9e8}, None),
        ({"gen_ai.usage.cost": 0}, 0),
        ({}, None),
    ],
)
def test_cost(said: dict[str, Any], cost: Any) -> None:
    kept = cost["total"] if isinstance(cost, dict) else cost
    row = call(said)
    assert row.cost == (None if kept is None else str(kept))
    assert row.cost_source == (None if kept is None else "client")
    assert data(row).get("cost") == kept
    start, end = pair(CHAT | said)
    assert (start.cost, end.cost) == (None, row.cost)


USAGE = {
    "gen_ai.request.model": "m",
    "gen_ai.provider.name": "openai",
    "gen_ai.usage.input_tokens": 3,
    "gen_ai.usage.output_tokens": 2,
    "gen_ai.usage.reasoning.output_tokens": 1,
    "gen_ai.usage.cost": 0.5,
}


@pytest.mark.parametrize(
    "kind",
    [
        INVOKE,
        {"openinference.span.kind": "AGENT"},
        {"openinference.span.kind": "CHAIN"},
        {"openinference.span.kind": "TOOL"},
        {"openinference.span.kind": "RERANKER"},
        {"traceloop.span.kind": "workflow"},
        {"ai.operationId": "ai.generateText"},
    ],
)
@pytest.mark.parametrize("is_root", [True, False])
def test_only_calls_of_a_model_have_its_figures(kind: dict[str, Any], is_root: bool) -> None:
    """What goes around them may say the sum of them, and would be counted as well."""
    around = rows(span(TRACE, parent=b"" if is_root else ROOT, attributes=kind | USAGE))
    for row in around:
        assert (row.model, row.tokens_in, row.tokens_out) == (None, None, None)
        assert (row.cost, row.cost_source) == (None, None)
        assert not {"model", "provider", "tokens_in", "reasoning_tokens", "cost"} & set(data(row))
    assert data(around[0])["attributes"] == kind | USAGE


def test_a_call_of_a_model_counts_as_a_root_too() -> None:
    start, end = pair(CHAT | USAGE)
    assert (start.model, start.tokens_in, start.cost) == (None, None, None)
    assert (end.model, end.tokens_in, end.tokens_out, end.cost) == ("m", 3, 2, "0.5")


def test_time_to_the_first_token() -> None:
    assert (
        data(call({"gen_ai.response.time_to_first_chunk": 0.25}))["time_to_first_token_ms"] == 250
    )


# tools, and what went in and out


@pytest.mark.parametrize(
    ("said", "name"),
    [
        *in_order(("gen_ai.tool.name", "tool.name"), ["one", "two"]),
        ({"openinference.span.kind": "TOOL"}, "work"),
    ],
)
def test_tool(said: dict[str, Any], name: str) -> None:
    row = one(said)
    assert (row.event_type, data(row)["tool_name"]) == ("tool_call", name)


@pytest.mark.parametrize(
    ("key", "prefix", "older"),
    [
        ("input", "llm.input_messages", "gen_ai.prompt"),
        ("output", "llm.output_messages", "gen_ai.completion"),
    ],
)
def test_messages_in_many_attributes(key: str, prefix: str, older: str) -> None:
    said = {
        f"{prefix}.10.message.content": "last",
        f"{prefix}.2.message.role": "user",
        f"{prefix}.2.message.tool_calls.0.tool_call.function.name": "web",
        f"{older}.0.content": "older",
    }
    call = {"tool_call": {"function": {"name": "web"}}}
    first = {"message": {"role": "user", "tool_calls": [call]}}
    assert data(one(said))[key] == [first, {"message": {"content": "last"}}]
    assert data(one({f"{older}.0.content": "older"}))[key] == [{"content": "older"}]
    assert data(one({older: "whole"}))[key] == "whole"


def test_keys_that_contradict_each_other_lose_nothing() -> None:
    said = {"gen_ai.prompt.0": "a", "gen_ai.prompt.0.role": "user", "gen_ai.prompt..x": 1}
    row = one(said)
    assert data(row)["input"] == {"0": {"": "a", "role": "user"}, "": {"x": 1}}
    assert data(row)["attributes"] == said


def test_messages_in_events_of_the_span() -> None:
    row = one(
        {},
        events={
            "gen_ai.user.message": {"content": "hi"},
            "gen_ai.choice": {"message": "hello"},
            "other": {"a": 1},
        },
    )
    assert data(row)["input"] == [{"event": "gen_ai.user.message", "content": "hi"}]
    assert data(row)["output"] == [{"event": "gen_ai.choice", "message": "hello"}]
    details = {"gen_ai.client.inference.operation.details": {"gen_ai.input.messages": "hi"}}
    assert data(one({}, events=details))["input"] == "hi"


# types


AGENT, LLM, TOOL, NODE, STEP = "agent_start", "llm_call", "tool_call", "node_execution", "step"
TYPES: list[tuple[dict[str, Any], str]] = [
    *[
        ({"gen_ai.operation.name": name}, AGENT)
        for name in ("invoke_agent", "invoke_workflow", "create_agent")
    ],
    *[
        ({"gen_ai.operation.name": name}, LLM)
        for name in ("chat", "text_completion", "generate_content", "embeddings")
    ],
    ({"gen_ai.operation.name": "execute_tool"}, TOOL),
    ({"gen_ai.operation.name": "retrieval"}, STEP),
    ({"graph.node.id": "a"}, NODE),
    ({"graph.node.name": "a"}, NODE),
    ({"openinference.span.kind": "AGENT"}, AGENT),
    ({"openinference.span.kind": "LLM"}, LLM),
    ({"openinference.span.kind": "EMBEDDING"}, LLM),
    ({"openinference.span.kind": "TOOL"}, TOOL),
    ({"openinference.span.kind": "CHAIN"}, NODE),
    *[
        ({"openinference.span.kind": kind, "llm.model_name": "m"}, STEP)
        for kind in ("RETRIEVER", "RERANKER", "GUARDRAIL", "EVALUATOR", "PROMPT", "UNKNOWN")
    ],
    # the order of trust
    ({"langfuse.observation.type": "tool", "openinference.span.kind": "LLM"}, TOOL),
    ({"langfuse.observation.type": "generation"}, LLM),
    ({"langfuse.observation.type": "embedding"}, LLM),
    ({"langfuse.observation.type": "agent"}, AGENT),
    ({"langfuse.observation.type": "chain"}, NODE),
    ({"langfuse.observation.type": "retriever", "llm.model_name": "m"}, STEP),
    ({"langfuse.observation.type": "span", "openinference.span.kind": "LLM"}, LLM),
    ({"openinference.span.kind": "CHAIN", "gen_ai.operation.name": "chat"}, NODE),
    ({"gen_ai.operation.name": "chat", "ai.operationId": "ai.toolCall"}, LLM),
    ({"ai.operationId": "ai.toolCall", "llm.model_name": "m"}, TOOL),
    ({"ai.operationId": "ai.generateText.doGenerate"}, LLM),
    ({"ai.operationId": "ai.generateText", "ai.model.id": "m"}, STEP),
    ({"operation.name": "ai.streamText.doStream assistant"}, LLM),
    ({"operation.name": "GET /"}, STEP),
    ({"traceloop.span.kind": "workflow"}, AGENT),
    ({"traceloop.span.kind": "tool"}, TOOL),
    ({"traceloop.span.kind": "task", "gen_ai.operation.name": "execute_task"}, NODE),
    ({"gen_ai.tool.name": "web", "gen_ai.request.model": "m"}, TOOL),
    ({"gen_ai.request.model": "m"}, LLM),
    ({"gen_ai.input.messages": "[]"}, LLM),
    ({"llm.output_messages.0.message.role": "a"}, LLM),
    ({"gen_ai.prompt.0.role": "a"}, LLM),
    ({"http.method": "GET"}, STEP),
    ({}, STEP),
]


@pytest.mark.parametrize(("said", "event_type"), TYPES)
def test_event_type(said: dict[str, Any], event_type: str) -> None:
    made = rows(span(TRACE, parent=ROOT, attributes=said))
    ends = ["agent_end"] if event_type == AGENT else []
    assert [row.event_type for row in made] == [event_type, *ends]


@pytest.mark.parametrize("said", [said for said, _ in TYPES if "create_agent" not in said.values()])
def test_any_root_is_an_agent(said: dict[str, Any]) -> None:
    assert [row.event_type for row in pair(said)] == ["agent_start", "agent_end"]


# errors


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"error": "no source"}, "no source"),
        ({"error": ""}, "error"),
        ({"error": "", "attributes": {"error.type": "timeout"}}, "timeout"),
        (
            {"events": {"exception": {"exception.type": "KeyError", "exception.message": "x"}}},
            "KeyError: x",
        ),
        ({"events": {"exception": {"exception.message": "x"}}, "error": "repr and traceback"}, "x"),
        ({"events": {"exception": {}}, "error": "said"}, "said"),
        ({"events": {"other": {}}}, None),
        # an exception that was handled
        ({"events": {"exception": {"exception.escaped": False}}}, None),
        ({"events": {"exception": {"exception.escaped": "False"}}}, None),
        ({"events": {"exception": {"exception.escaped": True}}}, "error"),
        ({"events": {"exception": {"exception.escaped": False}}, "error": "said"}, "said"),
        ({"attributes": {"langfuse.observation.level": "WARNING"}}, None),
        ({"attributes": {"langfuse.observation.level": "ERROR"}}, "error"),
        (
            {
                "attributes": {
                    "langfuse.observation.level": "ERROR",
                    "langfuse.observation.status_message": "boom",
                }
            },
            "boom",
        ),
    ],
)
def test_error(fields: dict[str, Any], error: str | None) -> None:
    [row] = rows(span(TRACE, parent=ROOT, **fields))
    assert row.is_error == (error is not None)
    assert data(row).get("error") == error
    assert data(row).get("status") in (("error",) if error else (None, "ok"))


def test_a_status_of_ok_wins() -> None:
    events = {"exception": {"exception.message": "handled"}}
    said = {"langfuse.observation.level": "ERROR"}
    [row] = rows(span(TRACE, parent=ROOT, events=events, attributes=said, status={"code": 1}))
    assert (row.is_error, data(row)["status"], "error" in data(row)) == (False, "ok", False)


def test_the_error_of_a_pair_stands_once() -> None:
    start, end = pair({}, error="failed")
    assert (start.is_error, end.is_error) == (False, True)
    assert "error" not in data(start)
    agent = {"gen_ai.operation.name": "invoke_agent"}
    [start, end] = rows(span(TRACE, parent=ROOT, attributes=agent, error="failed"))
    assert (start.is_error, end.is_error) == (True, False)  # which alone fails no run
    assert (data(start)["error"], "error" in data(end)) == ("failed", False)


def test_the_latency_of_an_agent_inside_stands_once() -> None:
    [start, end] = rows(span(TRACE, parent=ROOT, attributes=INVOKE))
    assert (start.latency_us, end.latency_us) == (None, 1_000_000)


# what is kept


def test_nothing_of_a_span_is_lost() -> None:
    link = {"links": [{"trace_id": new_trace(), "span_id": CHILD}]}
    row = one(
        {"a": 1, "input.value": "x"},
        kind=3,
        trace_state="k=v",
        events={"retry": {"n": 2}},
        error="failed",
        **link,
    )
    assert data(row)["attributes"] == {"a": 1}
    kept = data(row)["otel"]
    assert (kept["taken"], data(row)["input"]) == ({"input": "input.value"}, "x")
    assert kept["links"][0]["span_id"] == kept["span_id"] == CHILD.hex()
    assert (kept["kind"], kept["trace_state"], kept["status_message"]) == (
        "client",
        "k=v",
        "failed",
    )
    assert kept["events"] == [{"name": "retry", "time_unix_nano": START_NS, "attributes": {"n": 2}}]
    assert kept["scope"] == {"name": "tests", "version": "1"}


def test_of_a_resource_what_tells_services_apart_is_kept() -> None:
    [start, end] = rows(span(TRACE), service_version="2", process_command="secret", host_name="h")
    assert data(start)["otel"]["resource"] == {
        "service.name": "shop",
        "service.version": "2",
        "host.name": "h",
    }
    assert data(start)["attributes"] == {}
    assert "attributes" not in data(end)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"trace": bytes(16)}, "invalid_trace_id"),
        ({"trace": b"short"}, "invalid_trace_id"),
        ({"span_id": bytes(8)}, "invalid_span_id"),
        ({"span_id": b"long" * 3}, "invalid_span_id"),
        ({"parent": b"short"}, "invalid_parent_span_id"),
        ({"start_time_unix_nano": 0}, "invalid_timestamp"),
        ({"start_time_unix_nano": 2**64 - 1}, "invalid_timestamp"),
        ({"end_time_unix_nano": 2**64 - 1}, "invalid_timestamp"),
    ],
)
def test_what_cannot_be_stored_is_rejected(fields: dict[str, Any], code: str) -> None:
    batch = parsed(request(span(**{"trace": TRACE, **fields})).SerializeToString(), False)
    assert (batch.rejected, batch.rows) == (1, [])
    assert f"({code})" in batch.error_message


def test_a_parent_of_zeros_is_none() -> None:
    assert [row.event_type for row in rows(span(TRACE, parent=bytes(8)))] == [
        "agent_start",
        "agent_end",
    ]


@pytest.mark.parametrize("is_json", [False, True])
def test_that_an_agent_was_created_is_no_run_by_itself(is_json: bool) -> None:
    created = span(new_trace(), "create", attributes={"gen_ai.operation.name": "create_agent"})
    others = [span(TRACE, "plan", span_id=ROOT, attributes=INVOKE)]
    inside = span(TRACE, attributes={"gen_ai.operation.name": "create_agent"})

    def read(*spans: Span) -> SpanBatch:
        sent = request(*spans)
        return parsed(as_json(sent) if is_json else sent.SerializeToString(), is_json)

    batch = read(created, *others)
    assert {row.run_id for row in batch.rows} == {run_of(TRACE)}
    assert (batch.rejected, batch.repaired["no_run"]) == (0, 1)
    assert "no_run" in batch.error_message
    assert len(read(inside, *others).rows) == 4
    assert read(created).rows == []
