"""LangChain's models, instrumented by observe.init alone."""

import pytest

from tests.sdk.conftest import RunProgram
from tests.sdk.programs.model import MODEL, TOKENS_IN, TOKENS_OUT
from tests.sdk.recorded import Recording, assert_stored_once
from tests.service import Service


@pytest.fixture(scope="module")
def sent(run_program: RunProgram) -> Recording:
    """What the program sent."""
    return run_program("chain")


def test_every_event_is_stored_once_and_nothing_is_retried(
    service: Service, sent: Recording
) -> None:
    assert [e["event_type"] for e in sent.events].count("llm_call") == 4
    assert {request["status"] for request in sent.requests} == {200}
    assert sent.printed == ""
    assert_stored_once(service, sent.events)


def test_models_tokens_and_costs_add_up_exactly(service: Service, sent: Recording) -> None:
    cost = next(e["data"]["cost"] for e in sent.events if e["event_type"] == "llm_call")
    assert cost > 0
    for run_id in sent.runs:
        run = service.ok(f"/api/runs/{run_id}")
        assert (run["tokens_in"], run["tokens_out"]) == (2 * TOKENS_IN, 2 * TOKENS_OUT)
        assert run["total_cost"] == 2 * cost
        calls = [
            event
            for event in service.ok(f"/api/runs/{run_id}/timeline")["events"]
            if event["event_type"] == "llm_call"
        ]
        assert [call["model"] for call in calls] == [MODEL] * 2
        assert [call["cost"] for call in calls] == [cost] * 2
        assert all(call["latency_ms"] > 0 for call in calls)


def test_calls_outside_of_an_agent_are_roots_of_the_applications_run(
    service: Service, sent: Recording
) -> None:
    [run_id] = set(sent.runs) - set(sent.runs_of("Talker"))
    run = service.ok(f"/api/runs/{run_id}")
    assert (run["agent_name"], run["status"], run["event_count"]) == ("chain app", "active", 2)
    trace = service.ok(f"/api/runs/{run_id}/trace")
    assert [(node["depth"], node["children"]) for node in trace["execution_tree"]] == [(0, [])] * 2
    completions = [node["data"]["completion"] for node in trace["execution_tree"]]
    assert completions == ["an answer", "another 🦅"]


def test_calls_inside_of_an_agent_hang_below_its_start(service: Service, sent: Recording) -> None:
    [run_id] = sent.runs_of("Talker")
    trace = service.ok(f"/api/runs/{run_id}/trace")
    start, end = trace["execution_tree"]
    assert (start["event_type"], end["event_type"]) == ("agent_start", "agent_end")
    assert [call["data"]["completion"] for call in start["children"]] == ["a third", "a fourth"]
    assert (trace["agent_name"], trace["status"]) == ("Talker", "completed")
    assert trace["total_tokens_in"] == 2 * TOKENS_IN
    outline = [(event["depth"], event["data"].get("model")) for event in trace["events"]]
    assert outline == [(0, None), (1, MODEL), (1, MODEL), (0, None)]
