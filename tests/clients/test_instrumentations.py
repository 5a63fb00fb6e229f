"""OpenTelemetry's exporters, with what OpenAI's, Anthropic's and other libraries tell them."""

from typing import Any

import pytest

from tests.clients.conftest import Read, RunProgram
from tests.clients.models import ARGUMENTS, CLAUDE, GPT, TEXT
from tests.clients.outline import calls, events_of, figures, only_run, runs_of, said
from tests.processes.harness import until

ASKED = [{"role": "user", "parts": [{"type": "text", "content": "weather?"}]}]
ANSWER = {"role": "assistant", "parts": [{"type": "text", "content": TEXT}]}
ANSWERED = [{**ANSWER, "finish_reason": "stop"}]
CALL = {
    "model": GPT,
    "tokens": (1_000, 50),
    "cost": (0.0025, "computed"),
    "cached_tokens": 400,
    "reasoning_tokens": 20,
}


@pytest.mark.parametrize("instrumentation", ["openinference", "openllmetry"])
def test_openai(read: Read, run_program: RunProgram, instrumentation: str) -> None:
    run_program("openai_calls.py", instrumentation, OTEL_SERVICE_NAME=instrumentation)
    run = only_run(read, instrumentation)
    assert figures(run) == ["my app run", instrumentation, "completed", 2_000, 100, 0.005, 1]
    found = calls(read, run)
    contents = [(call.pop("input"), call.pop("output")) for call in found]
    streamed = dict(CALL)
    if instrumentation == "openllmetry":  # it does not send those of a stream
        del streamed["reasoning_tokens"]
    assert found == [CALL, streamed]
    for asked, answered in contents:
        if instrumentation == "openllmetry":
            assert (asked, answered) == (ASKED, ANSWERED)
        else:  # request and answer as they were sent
            assert asked["messages"] == [{"role": "user", "content": "weather?"}]
            assert answered["choices"][0]["message"]["content"] == TEXT
    assert errors(read, run) == ["RateLimitError"]


def test_openai_as_opentelemetry_watches_it(read: Read, run_program: RunProgram) -> None:
    """Its spans have no content: messages come as log records, after the spans here."""
    name, said = "opentelemetry", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
    run_program("openai_calls.py", name, OTEL_SERVICE_NAME=name, **{said: "true"})
    run = only_run(read, name)
    assert figures(run)[:5] == ["my app run", name, "completed", 2_000, 100]

    def contents() -> list[dict[str, Any]]:
        """The calls, once both have their messages."""
        found = calls(read, run)
        return found if all("output" in call for call in found) else []

    for call in until(contents, "the messages have not become content"):
        [asked], [choice] = call["input"], call["output"]
        assert (asked["event"], asked["content"]) == ("gen_ai.user.message", "weather?")
        assert choice["message"]["content"] == TEXT
    assert only_run(read, name) == run


def test_anthropic(read: Read, run_program: RunProgram) -> None:
    """Its SDK sends spans by itself; OpenLLMetry's are beside them."""
    run_program("anthropic_calls.py", OTEL_SERVICE_NAME="anthropic-app")
    run = only_run(read, "anthropic-app")
    # Each call counts once: with the figures of the outer span, which is OpenLLMetry's.
    assert figures(run)[:5] == ["my app run", "anthropic-app", "completed", 2_000, 101]
    watched = [call for call in calls(read, run) if "input" in call]
    call = {
        "model": CLAUDE,
        "tokens": (1_000, 50),
        "cost": (0.002745, "computed"),
        "input": ASKED,
        "output": ANSWERED,
        "cached_tokens": 400,
        "cache_write_tokens": 100,
    }
    # OpenLLMetry adds the 1 of the stream's beginning to the 50 of its end.
    assert watched == [call, {**call, "tokens": (1_000, 51), "cost": (0.00276, "computed")}]
    assert "RateLimitError" in errors(read, run)


def test_pydantic_ai(read: Read, run_program: RunProgram) -> None:
    run_program("pydantic_agent.py")
    run = only_run(read, "weather_agent")
    name = "invoke_agent weather_agent"
    assert figures(run) == [name, "weather_agent", "completed", 2_000, 100, 0.005, 0]
    assert set(run["metadata"]) == {"session_id"}
    first, second = calls(read, run)
    assert first["input"] == ASKED
    assert first["output"][0]["parts"][0]["name"] == "get_weather"
    assert second["output"] == ANSWERED
    assert first["cost"] == second["cost"] == (0.0025, "client")
    [tool] = [each for each in events_of(read, run) if each["event_type"] == "tool_call"]
    called = {"tool_name": "get_weather", "input": ARGUMENTS, "output": "sunny in Paris"}
    assert said(tool) == called
    assert said(events_of(read, run)[-1]) == {"output": TEXT}


def test_vercel_ai(read: Read, run_program: RunProgram) -> None:
    run_program("vercel_ai.mjs", OTEL_SERVICE_NAME="vercel-app")
    called, streamed, failed = runs_of(read, "vercel-app")
    name = "ai.generateText"
    assert figures(called) == [name, "vercel-app", "completed", 2_000, 100, 0.005, 0]
    assert figures(streamed) == ["ai.streamText", "vercel-app", "completed", 1_000, 50, 0.0025, 0]
    assert figures(failed)[:5] == [f"{name} (2)", "vercel-app", "failed", 0, 0]
    assert called["metadata"] == {"session_id": "s-1", "user_id": "u-1"}
    start, _, tool, *_, end = events_of(read, called)
    assert (said(start), said(end)) == ({"input": {"prompt": "weather?"}}, {"output": TEXT})
    answer = {"tool_name": "weather", "input": ARGUMENTS, "output": {"city": "Paris", "t": 20}}
    assert said(tool) == answer
    first, second = calls(read, called)
    assert first["input"] == [{"role": "user", "content": [{"type": "text", "text": "weather?"}]}]
    assert first["output"][0]["toolName"] == "weather"
    assert second["output"] == TEXT
    assert {key: second[key] for key in CALL} == CALL


def errors(read: Read, run: dict[str, Any]) -> list[str]:
    """The kinds of exceptions of a run's failed calls."""
    failed = [each["data"] for each in events_of(read, run) if each["is_error"]]
    return [data["error"].partition(":")[0].rpartition(".")[2] for data in failed]
