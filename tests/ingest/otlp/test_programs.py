"""Real programs: OpenTelemetry's SDK and exporter, LangGraph and LangChain instrumented two ways.

The models are fake, all else is what users run. Batches of four: a trace takes several requests.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.auth.key_admin import create
from service.auth.scopes import Scope
from service.db.connections import connect
from service.db.queries import Connection
from service.db.session_settings import DIRECT
from service.metrics.verify import verify
from tests.events import differences
from tests.ingest.otlp.conftest import RunProgram, runner
from tests.sdk.programs.model import MODEL, TOKENS_IN, TOKENS_OUT
from tests.service import Service, serving

Node = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def consistent(service: Service) -> Iterator[None]:
    """After all of these, everything adds up."""
    yield
    with connect(service.database_url, DIRECT, "test") as conn:
        assert differences(conn) == []
    assert verify(service.database_url) == []


@pytest.fixture(scope="module")
def _plain(run_program: RunProgram) -> None:
    run_program("plain", path="/api/", OTEL_EXPORTER_OTLP_COMPRESSION="gzip")
    run_program("plain", OTEL_EXPORTER_OTLP_PROTOCOL="http/json")


@pytest.fixture(scope="module")
def _openinference(run_program: RunProgram) -> None:
    run_program("graph", "openinference")


@pytest.fixture(scope="module")
def _openllmetry(run_program: RunProgram) -> None:
    run_program("graph", "openllmetry")


def run_of(service: Service, agent: str, name: str) -> Node:
    """A run by its name."""
    run: Node = service.ok(f"/api/runs/{agent.replace(' ', '%20')}/{name.replace(' ', '%20')}")
    return run


def tree_of(service: Service, run: Node) -> list[Any]:
    """A run as nested lists: type, name, then the children."""
    trace = service.ok(f"/api/runs/{run['run_id']}/trace")
    return [outlined(node) for node in trace["execution_tree"]]


def outlined(node: Node) -> list[Any]:
    """A node and those below it."""
    said = [node["event_type"], node["data"]["name"]]
    return [*said, *map(outlined, node["children"])]


def events_of(service: Service, run: Node, event_type: str) -> list[Node]:
    """The events of a type, oldest first."""
    events = service.ok(f"/api/runs/{run['run_id']}/timeline")["events"]
    return [event for event in events if event["event_type"] == event_type]


@pytest.mark.usefixtures("_plain")
@pytest.mark.parametrize(
    "name",
    ["invoke_agent Planner", "invoke_agent Planner (2)"],
    ids=["protobuf, gzip, under the prefix", "JSON"],
)
def test_the_api_of_opentelemetry(service: Service, name: str) -> None:
    run = run_of(service, "Planner", name)
    assert (run["status"], run["environment"]) == ("completed", "lab")
    assert run["metadata"] == {"session_id": "s-1", "user_id": "u-1"}
    assert (run["tokens_in"], run["tokens_out"], run["total_cost"]) == (2_000, 100, 0.3)
    assert run["error_count"] == 2
    start, inner_end, end = tree_of(service, run)
    tool = ["tool_call", "execute_tool find"]
    inner = ["agent_start", "invoke_agent Finder", tool]
    chats = [["llm_call", "chat gpt-4o"]] * 2
    assert start == ["agent_start", "invoke_agent Planner", inner, *chats]
    assert inner_end == ["agent_end", "invoke_agent Finder"]
    assert end == ["agent_end", "invoke_agent Planner"]
    [failed] = events_of(service, run, "tool_call")
    assert failed["data"]["error"] == "LookupError: nothing there"
    assert failed["data"]["input"] == {"what": "🦅"}
    call = events_of(service, run, "llm_call")[0]
    assert (call["model"], call["data"]["provider"]) == ("gpt-4o-2026-08-06", "openai")
    assert (call["data"]["cache_read_tokens"], call["tokens_in"]) == (800, 1_000)


NODE = "node_execution"
CALLS = [["tool_call", "search"], ["llm_call", "FakeModel"]]
WRITE = [NODE, "write", *CALLS]


@pytest.mark.usefixtures("_openinference")
def test_langgraph_as_openinference_sees_it(service: Service) -> None:
    run = run_of(service, "openinference app", "Writer")
    looped = [*WRITE, [NODE, "again"]]
    assert tree_of(service, run) == [
        ["agent_start", "Writer", looped, looped],
        ["agent_end", "Writer"],
    ]
    assert_two_calls(service, run)
    [first, *_] = events_of(service, run, "tool_call")
    assert (first["data"]["tool_name"], first["data"]["output"]) == ("search", "about falcons: 🦅")


@pytest.mark.usefixtures("_openinference")
def test_a_graph_that_fails_as_openinference_sees_it(service: Service) -> None:
    run = run_of(service, "openinference app", "Failer")
    assert tree_of(service, run) == [
        ["agent_start", "Failer", WRITE, [NODE, "fail", ["tool_call", "broken"]]],
        ["agent_end", "Failer"],
    ]
    assert (run["status"], run["error_count"], run["tokens_in"]) == ("failed", 3, TOKENS_IN)
    [*_, broken] = events_of(service, run, "tool_call")
    assert broken["data"]["error"] == "LookupError: no source for phoenixes"


CALL = {"tokens_in": TOKENS_IN, "tokens_out": TOKENS_OUT}


@pytest.mark.usefixtures("_openinference")
def test_a_chain_as_openinference_sees_it(service: Service) -> None:
    run = run_of(service, "openinference", "invoke_agent openinference")
    chain = [NODE, "RunnableSequence", [NODE, "ask"], ["llm_call", "FakeModel"]]
    assert tree_of(service, run) == [
        ["agent_start", "invoke_agent openinference", chain],
        ["agent_end", "invoke_agent openinference"],
    ]
    assert run["status"] == "completed"
    assert run | CALL == run  # as often as it was called, though the agent says it too


TASK = [
    NODE,
    "execute_task write",
    ["tool_call", "execute_tool search"],
    ["llm_call", "FakeModel.chat"],
]


@pytest.mark.usefixtures("_openllmetry")
def test_langgraph_as_openllmetry_sees_it(service: Service) -> None:
    run = run_of(service, "Writer", "invoke_agent Writer")
    looped = [*TASK, [NODE, "execute_task again"]]
    workflow = ["agent_start", "Writer.workflow", looped, looped]
    assert tree_of(service, run) == [
        ["agent_start", "invoke_agent Writer", workflow],
        ["agent_end", "Writer.workflow"],
        ["agent_end", "invoke_agent Writer"],
    ]
    assert_two_calls(service, run)


@pytest.mark.usefixtures("_openllmetry")
def test_a_graph_that_fails_as_openllmetry_sees_it(service: Service) -> None:
    run = run_of(service, "Failer", "invoke_agent Failer")
    assert (run["status"], run["error_count"], run["tokens_in"]) == ("failed", 4, TOKENS_IN)
    [*_, broken] = events_of(service, run, "tool_call")
    assert broken["data"]["tool_name"] == "broken"
    assert broken["data"]["error"] == "LookupError: no source for phoenixes"


@pytest.mark.usefixtures("_openllmetry")
def test_a_chain_as_openllmetry_sees_it(service: Service) -> None:
    run = run_of(service, "openllmetry", "invoke_agent openllmetry")
    calls = [[NODE, "execute_task ask"], ["llm_call", "FakeModel.chat"]]
    assert tree_of(service, run) == [
        [
            "agent_start",
            "invoke_agent openllmetry",
            ["agent_start", "RunnableSequence.workflow", *calls],
        ],
        ["agent_end", "RunnableSequence.workflow"],
        ["agent_end", "invoke_agent openllmetry"],
    ]
    assert run["status"] == "completed"
    assert run | CALL == run


def assert_two_calls(service: Service, run: Node) -> None:
    """Assert that a run has the figures of two calls of the model, each once."""
    assert (run["status"], run["error_count"], run["environment"]) == ("completed", 0, "lab")
    assert (run["tokens_in"], run["tokens_out"]) == (2 * TOKENS_IN, 2 * TOKENS_OUT)
    calls = events_of(service, run, "llm_call")
    assert [(call["model"], call["tokens_in"]) for call in calls] == [(MODEL, TOKENS_IN)] * 2
    assert all(call["latency_ms"] > 0 for call in calls)
    assert "about falcons: " in str(calls[0]["data"]["input"])
    assert "a better draft" in str(calls[1]["data"]["output"])


@pytest.mark.slow
def test_an_exporter_sends_its_key_and_waits_when_it_is_told_to(
    database_url: str, conn: Connection, tmp_path: Path
) -> None:
    key = create(database_url, "tracer", Scope.INGEST, days=None)
    with serving(database_url, tmp_path, MAX_EVENTS_PER_SECOND="2", WORKERS="1") as guarded:
        runner(guarded)(
            "plain",
            said=r"Transient error Too Many Requests encountered .* retrying in [12]\.00s\.\n",
            OTEL_EXPORTER_OTLP_HEADERS=f"Authorization=Bearer%20{key}",
        )
    assert conn.execute("SELECT count(*) AS events FROM events").fetchall() == [{"events": 7}]
