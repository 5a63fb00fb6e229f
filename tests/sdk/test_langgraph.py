"""LangGraph: a graph with a loop, invoked and streamed, and one whose node fails."""

from typing import Any

import pytest

from tests.events import Event
from tests.sdk.conftest import RunProgram
from tests.sdk.programs.model import MODEL, TOKENS_IN, TOKENS_OUT
from tests.sdk.recorded import Recording, assert_stored_once
from tests.service import Service

AGENT = "graph app"
NODES = ["write", "review", "write", "review"]


@pytest.fixture(scope="module")
def sent(run_program: RunProgram) -> Recording:
    """What the program sent."""
    return run_program("graph")


@pytest.fixture(params=[0, 1], ids=["invoke", "stream"])
def looped(request: pytest.FixtureRequest, sent: Recording) -> str:
    """A run of the graph with the loop."""
    which: int = request.param
    return sent.runs_of(AGENT)[which]


@pytest.fixture
def trace(service: Service, looped: str) -> Any:
    """Its trace."""
    return service.ok(f"/api/runs/{looped}/trace")


def nodes_of(events: list[Event]) -> list[Event]:
    """The events of a run that are the execution of a node."""
    return [event for event in events if event["event_type"] == "node_execution"]


def test_every_event_is_stored_once_and_nothing_is_retried(
    service: Service, sent: Recording
) -> None:
    assert len(sent.runs_of(AGENT)) == 3
    assert {request["status"] for request in sent.requests} == {200}
    assert sent.printed == ""
    assert_stored_once(service, sent.events)


def test_a_run_has_its_agent_status_and_totals(service: Service, looped: str) -> None:
    run = service.ok(f"/api/runs/{looped}")
    assert (run["agent_name"], run["status"], run["error_count"]) == (AGENT, "completed", 0)
    assert (run["tokens_in"], run["tokens_out"]) == (2 * TOKENS_IN, 2 * TOKENS_OUT)
    assert run["total_cost"] > 0
    assert run["event_count"] == 1 + len(NODES) + 2 + 1
    assert run["metadata"]["graph_type"] == "langgraph"


def test_the_end_is_a_root_though_it_names_a_node_as_its_parent(trace: Any) -> None:
    start, end = trace["execution_tree"]
    assert (start["event_type"], end["event_type"]) == ("agent_start", "agent_end")
    assert end["parent_event_id"] == nodes_of(start["children"])[-1]["event_id"]
    assert (end["depth"], end["children"]) == (0, [])


def test_nodes_and_models_hang_where_the_sdk_put_them(trace: Any) -> None:
    children = trace["execution_tree"][0]["children"]
    kinds = [(node["event_type"], node["data"].get("node_name")) for node in children]
    assert kinds == [("llm_call", None), *[("node_execution", name) for name in NODES]]
    [second] = children[2]["children"]  # the SDK hangs a call below the node that ended before it
    for call in (children[0], second):
        assert (call["event_type"], call["model"], call["children"]) == ("llm_call", MODEL, [])
    assert children[2]["data"]["state_after"]["draft"].endswith(", reviewed")


def test_previous_event_id_chains_the_nodes_from_start_to_end(trace: Any) -> None:
    start, end = trace["execution_tree"]
    nodes = nodes_of(start["children"])
    chain = [start, *nodes, end]
    assert [link["previous_event_id"] for link in chain] == [
        None,
        *[link["event_id"] for link in chain[:-1]],
    ]


def test_the_structure_and_the_flow_of_the_graph_come_out(trace: Any) -> None:
    assert set(trace["graph_structure"]["nodes"]) >= {"write", "review"}
    edges = [(edge["from"], edge["to"]) for edge in trace["graph_structure"]["edges"]]
    assert {("__start__", "write"), ("write", "review")} <= set(edges)
    assert trace["execution_flow"]["execution_order"] == NODES


def test_the_outline_is_the_same_tree_with_parents_first(trace: Any) -> None:
    ids = [event["event_id"] for event in trace["events"]]
    assert len(ids) == len(set(ids)) == trace["event_count"]
    flat, stack = [], list(reversed(trace["execution_tree"]))
    while stack:
        node = stack.pop()
        flat.append(node["event_id"])
        stack += reversed(node["children"])
    assert flat == ids
    named = [event["data"].get("name") for event in trace["events"]]
    assert [name for name in named if name] == NODES


def test_a_failing_node_fails_the_run(service: Service, sent: Recording) -> None:
    run = service.ok(f"/api/runs/{sent.runs_of(AGENT)[2]}")
    assert (run["status"], run["error_count"]) == ("failed", 1)
    assert run["tokens_in"] == TOKENS_IN


def test_steps_that_the_sdk_sends_under_ids_of_langchain_hurt_no_other_run(
    service: Service, sent: Recording
) -> None:
    # on_chain_error of gati 0.0.3 takes LangChain's run id for the run_id: a run of one event each.
    strays = set(sent.runs) - set(sent.runs_of(AGENT))
    assert len(strays) == 2
    for run_id in strays:
        assert service.ok(f"/api/runs/{run_id}")["event_count"] == 1
    names = [run["run_name"] for run in service.ok(f"/api/agents/{AGENT}/runs")]
    assert len(set(names)) == len(names) == 5
