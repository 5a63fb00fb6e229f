"""track_agent, track_step, track_tool: a program of the kind the original backend answers 500."""

import re
from datetime import datetime, timedelta

import pytest

from tests.events import Event
from tests.sdk.conftest import RunProgram
from tests.sdk.recorded import Recording, assert_stored_once
from tests.service import Service

APP = "research app"


@pytest.fixture(scope="module")
def sent(run_program: RunProgram) -> Recording:
    """What the program sent."""
    return run_program("decorators")


def test_the_sdk_took_every_answer_for_success(sent: Recording) -> None:
    assert len(sent.requests) > 4
    assert {request["status"] for request in sent.requests} == {200}
    assert sent.printed == ""  # it prints what it retries and what it drops


def test_each_answer_counts_its_own_batch(sent: Recording) -> None:
    for request in sent.requests:
        answer, events = request["answer"], len(request["events"])
        assert (answer["status"], answer["failed"], answer["duplicates"]) == ("success", 0, 0)
        assert answer["count"] == answer["inserted"] == events


def test_every_event_is_stored_once_and_as_it_was_sent(service: Service, sent: Recording) -> None:
    assert_stored_once(service, sent.events)


def test_a_run_belongs_to_the_agent_of_its_start(service: Service, sent: Recording) -> None:
    for agent, runs in (("Researcher", 3), ("Crasher", 1)):
        mine = sent.runs_of(agent)
        assert len(mine) == runs
        for run_id in mine:
            assert {e["agent_name"] for e in sent.runs[run_id]} == {agent, APP}
            assert service.ok(f"/api/runs/{run_id}")["agent_name"] == agent


def test_every_name_seen_is_an_agent_with_its_own_totals(service: Service, sent: Recording) -> None:
    agents = {agent["name"]: agent for agent in service.ok("/api/agents")}
    assert {name: agent["total_runs"] for name, agent in agents.items()} == {
        "Researcher": 3,
        "Crasher": 1,
        APP: 1,  # the tool that was called outside of every agent
    }
    assert sum(agent["total_events"] for agent in agents.values()) == len(sent.events)


def test_runs_are_named_by_number_per_agent(service: Service, sent: Recording) -> None:
    # The SDK's batches race, so a run may come first under the application's name: N has gaps.
    for agent, runs in (("Researcher", 3), ("Crasher", 1), (APP, 1)):
        named = service.ok(f"/api/agents/{agent}/runs")
        assert len({run["run_name"] for run in named}) == len(named) == runs
        for run in named:
            assert re.fullmatch(r"run [1-9]\d?", run["run_name"])
            by_name = service.ok(f"/api/runs/{agent}/{run['run_name']}")
            assert by_name == service.ok(f"/api/runs/{run['run_id']}")
            assert by_name == run | {"score_count": 0, "scores": []}  # which lists leave out


def test_a_failed_tool_counts_and_does_not_fail_its_run(service: Service, sent: Recording) -> None:
    for run_id in sent.runs_of("Researcher"):
        run = service.ok(f"/api/runs/{run_id}")
        assert (run["status"], run["error_count"]) == ("completed", 1)


def test_a_failed_agent_fails_its_run(service: Service, sent: Recording) -> None:
    [run_id] = sent.runs_of("Crasher")
    run = service.ok(f"/api/runs/{run_id}")
    assert (run["status"], run["error_count"]) == ("failed", 1)


def test_totals_are_those_of_the_events(service: Service, sent: Recording) -> None:
    for run_id, events in sent.runs.items():
        run = service.ok(f"/api/runs/{run_id}")
        assert run["event_count"] == len(events)
        assert (run["total_cost"], run["tokens_in"], run["tokens_out"]) == (0, 0, 0)
        assert run["environment"] == "development"
        ends = [datetime.fromisoformat(event["timestamp"]) for event in events]
        starts = [end - latency_of(event) for end, event in zip(ends, events, strict=True)]
        duration_ms = (max(ends) - min(starts)) / timedelta(milliseconds=1)
        assert run["total_duration_ms"] == pytest.approx(duration_ms, abs=1e-6)


def latency_of(event: Event) -> timedelta:
    """How long an event took, which the SDK sends once its work is done."""
    data = event["data"]
    milliseconds = data.get("latency_ms", data.get("duration_ms")) or 0
    return timedelta(microseconds=round(1000 * milliseconds))


def test_the_trace_is_the_program(service: Service, sent: Recording) -> None:
    run_id = sent.runs_of("Researcher")[0]
    trace = service.ok(f"/api/runs/{run_id}/trace")
    start, step, end = trace["execution_tree"]
    assert [node["event_type"] for node in (start, step, end)] == [
        "agent_start",
        "step",  # the SDK gives steps no parent
        "agent_end",
    ]
    calls = start["children"]
    assert [call["data"]["tool_name"] for call in calls] == ["search"] * 4 + ["broken"]
    assert calls[0]["data"]["output"]["hits"] == ["what", "é", "日本", "🦅"]
    assert all(call["latency_ms"] >= 0 for call in calls)
    assert (end["children"], step["children"]) == ([], [])
    assert [e["event_id"] for e in service.ok(f"/api/runs/{run_id}/timeline")["events"]] == [
        e["event_id"] for e in sent.runs[run_id]
    ]
    children = service.ok(f"/api/events/{start['event_id']}/children")
    assert [child["event_id"] for child in children] == [call["event_id"] for call in calls]
