"""Langfuse's SDKs, of Python and of JavaScript: their own host and keys are all that is set."""

import pytest

from tests.clients.conftest import Read, RunProgram
from tests.clients.models import GPT, TEXT
from tests.clients.outline import calls, events_of, figures, only_run, runs_of, said

ASKED = [{"role": "user", "content": "weather?"}]
PARTS = {"cached_tokens": 400, "reasoning_tokens": 20}
OWN_CALL = {
    "model": GPT,
    "tokens": (1_000, 50),
    "cost": (0.003, "client"),
    "input": ASKED,
    "output": "hello",
    **PARTS,
}
OPENAI_CALL = {
    "model": GPT,
    "tokens": (1_000, 50),
    "cost": (0.0025, "computed"),
    "input": ASKED,
    "output": {"role": "assistant", "content": TEXT},
    **PARTS,
}
WRONG = {"LANGFUSE_SECRET_KEY": "sk-lf-wrong"}
METADATA = {"session_id": "s-1", "user_id": "u-1", "tags": ["paid"]}


def test_python(read: Read, run_program: RunProgram) -> None:
    run_program("langfuse_sdk.py")
    run = only_run(read, "support")
    assert figures(run) == ["support-trace", "support", "completed", 2_000, 100, 0.0055, 0]
    assert run["metadata"] == METADATA
    assert calls(read, run) == [OWN_CALL, OPENAI_CALL]
    start, tool, *_, end = events_of(read, run)
    assert (said(start), said(end)) == ({"input": "weather?"}, {"output": "done"})
    arguments = {"args": ["Paris"], "kwargs": {}}
    assert said(tool) == {"tool_name": "lookup", "input": arguments, "output": {"t": 20}}


def test_javascript(read: Read, run_program: RunProgram) -> None:
    run_program("langfuse_sdk.mjs", OTEL_SERVICE_NAME="js-app")
    run = only_run(read, "js-app")
    assert figures(run) == ["support-trace", "js-app", "completed", 1_000, 50, 0.003, 0]
    assert run["metadata"] == METADATA
    assert calls(read, run) == [OWN_CALL]
    # Not by their order: this SDK's clock may have a call begin after its trace has ended.
    found = {event["event_type"]: said(event) for event in events_of(read, run)}
    assert found["agent_start"] == {"input": "weather?"}
    assert found["agent_end"] == {"output": "done"}
    tool = {"tool_name": "lookup", "input": {"city": "Paris"}, "output": {"t": 20}}
    assert found["tool_call"] == tool


def test_a_wrong_key_stores_nothing(read: Read, run_program: RunProgram) -> None:
    with pytest.raises(AssertionError, match="401"):
        run_program("langfuse_sdk.py", **WRONG, OTEL_SERVICE_NAME="none")
    assert runs_of(read, "none") == []
