"""The table of names: each of them is read, and the documentation has them all."""

import json
from typing import Any

import pytest

from service.ingest.otlp.attributes import facts_of, shape_of
from service.ingest.otlp.conventions import CONVENTIONS, names_of
from service.ingest.rows import EventRow
from tests.ingest.otlp.conventions_page import PAGE, page
from tests.ingest.otlp.spans import rows, span

pytestmark = pytest.mark.unit

TRACE, ROOT = bytes(range(1, 17)), b"\x01" * 8
CHAT, TOOL = {"gen_ai.operation.name": "chat"}, {"gen_ai.operation.name": "execute_tool"}


def one(said: dict[str, Any]) -> EventRow:
    """The row of a span inside."""
    [row] = rows(span(TRACE, parent=ROOT, attributes=said))
    return row


def data(row: EventRow) -> dict[str, Any]:
    """Its data."""
    read: dict[str, Any] = json.loads(row.data)
    return read


def run_metadata(said: dict[str, Any]) -> dict[str, Any]:
    """The metadata of the run of a root."""
    read: dict[str, Any] = json.loads(rows(span(TRACE, attributes=said))[0].metadata or "{}")
    return read


def test_the_documentation_shows_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


# meaning -> a value, what is read of it, and where the reading stands
CALLS: dict[str, tuple[Any, str, Any]] = {
    "model": ("m", "model", "m"),
    "model of a call": ('{"model": "m"}', "model", "m"),
    "provider": ("p", "provider", "p"),
    "usage in parts": ('{"input": 2, "output": 1}', "tokens_in", 2),
    "usage": ('{"input_tokens": 2}', "tokens_in", 2),
    "tokens_in": ("7", "tokens_in", 7),
    "tokens_in without cached": (7, "tokens_in", 7),
    "tokens_out": (7, "tokens_out", 7),
    "cached_tokens": (7, "cached_tokens", 7),
    "cache_write_tokens": (7, "cache_write_tokens", 7),
    "reasoning_tokens": (7, "reasoning_tokens", 7),
    "cost of parts": ('{"total": 0.5}', "cost", 0.5),
    "cost": (0.5, "cost", 0.5),
    "cost of the input": (0.5, "cost", 0.5),
    "cost of the output": ("0.5", "cost", 0.5),
    "seconds to the first token": (0.25, "time_to_first_token_ms", 250),
    "milliseconds to the first token": (250, "time_to_first_token_ms", 250),
    "time of the first token": ('"2026-11-22T12:00:00.25Z"', "time_to_first_token_ms", 250),
    "input": ('{"a": "é"}', "input", {"a": "é"}),
    "output": ("said", "output", "said"),
    "system_instructions": ('[{"a": 1}]', "system_instructions", [{"a": 1}]),
    "agent_id": ("a", "agent_id", "a"),
    "tool_call_id": ("a", "tool_call_id", "a"),
    "node_id": ("a", "node_id", "a"),
    "node_name": ("a", "node_name", "a"),
    "node_parent_id": ("a", "node_parent_id", "a"),
    "environment": ("e", "environment", "e"),
}


@pytest.mark.parametrize(
    ("name", "sent", "key", "read"),
    [(name, *case) for meaning, case in CALLS.items() for name in names_of(meaning)],
)
def test_each_name_of_a_call(name: str, sent: Any, key: str, read: Any) -> None:
    assert data(one(CHAT | {name: sent}))[key] == read


RUNS = ("session_id", "user_id", "version", "release")


@pytest.mark.parametrize(
    ("meaning", "name"), [(meaning, name) for meaning in RUNS for name in names_of(meaning)]
)
def test_each_name_of_a_run(meaning: str, name: str) -> None:
    assert run_metadata({name: "x"}) == {meaning: "x"}
    assert run_metadata({name: '"x"'}) == {meaning: "x"}


@pytest.mark.parametrize(
    ("meaning", "name"),
    [
        (meaning, name)
        for meaning in ("session_id", "user_id", "version")
        for name in names_of(meaning)
    ],
)
def test_each_name_of_a_field(meaning: str, name: str) -> None:
    row = one({name: '"x"'})
    assert row.run_fields == {meaning: "x"}
    assert data(row)[meaning] == "x"


@pytest.mark.parametrize("name", names_of("version of the service"))
def test_the_version_of_a_service_is_that_of_its_runs(name: str) -> None:
    [row] = rows(span(TRACE, parent=ROOT), **{name: "1.4"})
    assert row.run_fields == {"version": "1.4"}
    [row] = rows(span(TRACE, parent=ROOT, attributes={"langfuse.release": "r"}), **{name: "1.4"})
    assert row.run_fields == {"version": "r"}


@pytest.mark.parametrize("name", names_of("type of an error"))
def test_the_type_of_an_error(name: str) -> None:
    [row] = rows(span(TRACE, parent=ROOT, attributes={name: "Timeout"}, error="took long"))
    assert row.run_fields == {"first_error": {"type": "Timeout", "text": "took long"}}


@pytest.mark.parametrize("name", names_of("tags"))
def test_tags(name: str) -> None:
    for sent in (["a", "b"], '["a", "b"]', "a, b"):
        assert run_metadata({name: sent}) == {"tags": ["a", "b"]}
        assert one({name: sent}).run_fields == {"tags": ["a", "b"]}


def test_metadata_below_prefixes() -> None:
    said = {
        "langfuse.trace.metadata.plan": '"pro"',
        "ai.telemetry.metadata.userId": "u",
        "traceloop.association.properties.team": "t",
        "langsmith.metadata.n": 3,
    }
    assert run_metadata(said) == {"plan": "pro", "user_id": "u", "team": "t", "n": 3}


@pytest.mark.parametrize("name", [*names_of("tool_name"), *names_of("tool_name of a tool")])
def test_each_name_of_a_tool(name: str) -> None:
    assert data(one(TOOL | {name: "web"}))["tool_name"] == "web"


@pytest.mark.parametrize("name", names_of("agent"))
def test_each_name_of_an_agent(name: str) -> None:
    assert one({name: "a"}).agent_name == "a"


@pytest.mark.parametrize("name", names_of("run name"))
def test_each_name_of_a_run_name(name: str) -> None:
    assert rows(span(TRACE, attributes={name: "trip"}))[0].run_name == "trip"


@pytest.mark.parametrize("name", names_of("response_id"))
def test_each_name_of_a_response_id(name: str) -> None:
    call = one(CHAT | {"gen_ai.usage.input_tokens": 1, name: "r"}).call
    assert call is not None
    assert (call.response_id, call.scope) == ("r", "tests")


TYPES = {
    "gati.event_type": "llm_call",
    "langfuse.observation.type": "generation",
    "openinference.span.kind": "LLM",
    "gen_ai.operation.name": "chat",
    "ai.operationId": "ai.generateText.doGenerate",
    "operation.name": "ai.generateText.doGenerate name",
    "traceloop.span.kind": "workflow",
    "mlflow.spanType": '"CHAT_MODEL"',
    "langsmith.span.kind": "llm",
}


@pytest.mark.parametrize("name", names_of("type"))
def test_each_name_of_a_type(name: str) -> None:
    sent = rows(span(TRACE, parent=ROOT, attributes={name: TYPES[name]}))
    assert sent[0].event_type in ("llm_call", "agent_start")


def test_an_event_that_was_exported_is_what_it_was() -> None:
    said = {"gati.event_type": "my_own", "gen_ai.usage.cost": 0.5, "gen_ai.usage.input_tokens": 7}
    [row] = rows(span(TRACE, attributes=said))  # a root, and no agent
    assert (row.event_type, row.cost, row.tokens_in) == ("my_own", "0.5", 7)
    assert (row.call, row.run_name) == (None, None)
    assert one({"gati.event_type": "x" * 51}).event_type == "step"
    [named] = rows(span(TRACE, attributes=said | {"gati.run_name": "nightly"}))
    assert named.run_name == "nightly"
    [start] = rows(span(TRACE, attributes={"gati.event_type": "agent_start"}))
    assert (start.event_type, start.latency_us) == ("agent_start", 1_000_000)
    pair = rows(span(TRACE, attributes={"gati.event_type": "agent_start agent_end"}))
    assert [row.event_type for row in pair] == ["agent_start", "agent_end"]


def test_a_notice_that_a_span_has_started_is_no_call() -> None:
    assert one(CHAT | {"logfire.span_type": "pending_span"}).event_type == "step"


def test_the_tests_above_have_every_meaning() -> None:
    elsewhere = {
        "service",
        "project",
        "agent",
        "inner agent",
        "agent of an unnamed service",
        "run name",
        "message of a template",
        "tags",
        "metadata",
        "response_id",
        "tool_name",
        "tool_name of a tool",
        "type",
        "kind of a notice",
        "level",
        "error",
        "version of the service",
        "type of an error",
    }
    assert set(CONVENTIONS) == {*CALLS, *RUNS, *elsewhere}


# usage

LANGFUSE, MLFLOW = "langfuse.observation.usage_details", "mlflow.chat.tokenUsage"
IN, OUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
READ, WRITTEN = "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_write.input_tokens"
THINKING = "gen_ai.usage.reasoning_tokens"
OPENAI = {
    "prompt_tokens": 1000,
    "completion_tokens": 50,
    "total_tokens": 1050,
    "prompt_tokens_details": {"cached_tokens": 400, "audio_tokens": None},
    "completion_tokens_details": {"reasoning_tokens": 20},
}


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ({IN: 1000, READ: 400, WRITTEN: 100, OUT: 50, THINKING: 20}, (1000, 50, 400, 100, 20)),
        ({IN: 5, READ: 400, WRITTEN: 100}, (505, None, 400, 100, None)),
        ({IN: 500, READ: 400, WRITTEN: 200}, (1100, None, 400, 200, None)),
        ({IN: 500, READ: 500}, (500, None, 500, None, None)),
        ({OUT: 30, THINKING: 100}, (None, 130, None, None, 100)),
        ({READ: 400}, (400, None, 400, None, None)),
        (
            {"input_tokens": 10, "output_tokens": 7, "cache_read_tokens": 90},
            (100, 7, 90, None, None),
        ),
        (
            {"input_tokens": 10, "cache_read_tokens": 3, "cache_creation_tokens": 4},
            (17, None, 3, 4, None),
        ),
        (
            {LANGFUSE: {"input": 600, "input_cached_tokens": 400, "output": 30, "total": 1030}},
            (1000, 30, 400, None, None),
        ),
        (
            {
                LANGFUSE: {
                    "input": 100,
                    "output": 10,
                    "output_reasoning_tokens": 20,
                    "cache_read_input_tokens": 400,
                    "cache_creation_input_tokens": 50,
                }
            },
            (550, 30, 400, 50, 20),
        ),
        ({LANGFUSE: OPENAI}, (1000, 50, 400, None, 20)),
        ({LANGFUSE: "nothing", IN: 3}, (3, None, None, None, None)),
        (
            {MLFLOW: {"input_tokens": 1000, "output_tokens": 5, "cache_read_input_tokens": 400}},
            (1000, 5, 400, None, None),
        ),
        (
            {MLFLOW: {"input_tokens": 5, "cache_read_input_tokens": 400}},
            (405, None, 400, None, None),
        ),
    ],
)
def test_usage(said: dict[str, Any], counts: tuple[int | None, ...]) -> None:
    sent = {key: json.dumps(v) if isinstance(v, dict) else v for key, v in said.items()}
    row = one(CHAT | sent)
    kept = data(row)
    assert (row.tokens_in, row.tokens_out) == counts[:2]
    names = ("tokens_in", "tokens_out", "cached_tokens", "cache_write_tokens", "reasoning_tokens")
    assert tuple(kept.get(name) for name in names) == counts
    assert kept.get("cache_read_tokens") == kept.get("cached_tokens")


# content

MESSAGES = json.dumps([{"role": "user", "content": 'Größe "x"\n内部'}])


def test_json_texts_of_content_are_json() -> None:
    read = data(one(CHAT | {"gen_ai.input.messages": MESSAGES, "input.value": "[1]"}))
    assert read["input"] == json.loads(MESSAGES)
    assert read["otel"]["taken"] == {"input": "gen_ai.input.messages"}
    assert read["attributes"] == CHAT | {"input.value": "[1]"}


def test_json_texts_of_content_keep_every_digit() -> None:
    for digits in ("18446744073709551617", "-9223372036854775809", "1" * 30):
        row = one({"input.value": f'{{"n": {digits}}}', "metadata": f'{{"n": {digits}}}'})
        assert f'"n":{digits}'.encode() in row.data.replace(b": ", b":")


@pytest.mark.parametrize(
    "text", ["plain", '"quoted"', "12", "null", "{no", '{"a": 1e999}', "[" * 64 + "]" * 64, ""]
)
def test_other_content_stays_a_text(text: str) -> None:
    assert data(one({"input.value": text}))["input"] == text


def test_content_that_says_that_it_is_plain_text_stays_one() -> None:
    said = {"input.value": "[1]", "input.mime_type": "text/plain", "output.value": "[1]"}
    read = data(one(said | {"output.mime_type": "application/json"}))
    assert (read["input"], read["output"]) == ("[1]", [1])


def test_an_answer_of_tools_alone_is_their_calls() -> None:
    said = {"ai.response.text": "", "ai.response.toolCalls": '[{"toolName": "web"}]'}
    assert data(one(CHAT | said))["output"] == [{"toolName": "web"}]
    assert data(one(CHAT | {"ai.response.text": ""}))["output"] == ""


# what names mean


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("llm.model_name", "gen_ai.request.model"),
        ("llm.model_name\ngen_ai.request.model",),
        ("", ""),
        ("\n", "llm.model_name"),
        ("llm.model_name", "x" * 5_000),
    ],
)
def test_names_mean_the_same_whether_they_are_kept_or_not(names: tuple[str, ...]) -> None:
    said = facts_of(dict.fromkeys(names, "m"))
    assert said.shape == shape_of(tuple(dict.fromkeys(names)))
    known = {"llm.model_name", "gen_ai.request.model"} & set(names)
    assert set(said.names("model")) == known
    assert said.first("model", str) == ("m" if known else None)
