"""A text that was cut inside an emoji."""

from tests.sdk.conftest import RunProgram
from tests.sdk.recorded import assert_stored_once
from tests.service import Service


def test_half_an_emoji_costs_its_own_event_and_no_other(
    service: Service, run_program: RunProgram
) -> None:
    sent = run_program("surrogate")
    [request] = sent.requests
    [bad] = [e for e in sent.events if e["data"].get("tool_name") == "cut"]
    assert bad["data"]["output"] == "\ud83e"  # what a test without it would not prove
    answer = request["answer"]
    assert (request["status"], answer["status"], answer["failed"]) == (200, "partial", 1)
    assert answer["inserted"] == len(sent.events) - 1 == 4
    [error] = answer["errors"]
    assert (error["event_id"], error["code"]) == (bad["event_id"], "invalid_text")
    assert sent.printed == ""

    others = [event for event in sent.events if event is not bad]
    assert_stored_once(service, others)
    run = service.ok(f"/api/runs/{bad['run_id']}")
    assert (run["status"], run["event_count"], run["agent_name"]) == ("completed", 4, "Cutter")
    timeline = service.ok(f"/api/runs/{bad['run_id']}/timeline")
    assert [e["data"].get("output") for e in timeline["events"]][1:3] == ["🦅 falcon"] * 2
