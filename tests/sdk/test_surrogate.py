"""A text that was cut inside an emoji."""

from tests.sdk.conftest import RunProgram
from tests.service import Service


def test_half_an_emoji_is_replaced_and_named(service: Service, run_program: RunProgram) -> None:
    sent = run_program("surrogate")
    [request] = sent.requests
    [bad] = [e for e in sent.events if e["data"].get("tool_name") == "cut"]
    assert bad["data"]["output"] == "\ud83e"  # what a test without it would not prove
    answer = request["answer"]
    assert (request["status"], answer["status"], answer["failed"]) == (200, "success", 0)
    assert answer["inserted"] == len(sent.events) == 5
    [warning] = answer["warnings"]
    assert (warning["event_id"], warning["code"]) == (bad["event_id"], "invalid_text")
    assert sent.printed == ""

    run = service.ok(f"/api/runs/{bad['run_id']}")
    assert (run["status"], run["event_count"], run["agent_name"]) == ("completed", 5, "Cutter")
    timeline = service.ok(f"/api/runs/{bad['run_id']}/timeline")
    outputs = [e["data"].get("output") for e in timeline["events"]]
    assert (outputs.count("🦅 falcon"), outputs.count("\ufffd")) == (2, 1)
