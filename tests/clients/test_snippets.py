"""The code of docs/integrations/ runs as it is written there, and its calls are counted once."""

from pathlib import Path

import pytest

from service.auth.scopes import Scope
from tests.clients.conftest import Read, RunProgram
from tests.clients.models import CLAUDE, GPT
from tests.clients.outline import events_of, runs_of
from tests.docs.pages import blocks
from tests.processes.harness import REPOSITORY

FOLDER = REPOSITORY / "docs" / "integrations"
ENDINGS = {"python": ".py", "js": ".mjs"}
ELSEWHERE = {"gati.md", "mastra.md"}  # tests/docs; a recording of it: tests/ingest/otlp
# LiteLLM takes headers as they are, and asks another host for prices unless it is told not to.
LITELLM = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOG": "ERROR",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
}
# Page -> the agent of its run, the model of its calls, and how many of these count.
EXPECTED = {
    "openai.md": ("my-agent", GPT, 1),
    "anthropic.md": ("my-agent", CLAUDE, 1),
    "langchain.md": ("my-agent", GPT, 1),
    "langgraph.md": ("my-agent", GPT, 1),
    "pydantic-ai.md": ("weather_agent", GPT, 2),
    "langfuse.md": ("weather", GPT, 1),
    "litellm.md": ("my-agent", GPT, 1),
    "vercel.md": ("my-agent", GPT, 1),
}


def snippets() -> dict[str, tuple[str, str]]:
    """Page -> its language and its code."""
    return {
        page.name: (language, code)
        for page in sorted(FOLDER.glob("*.md"))
        for language in ENDINGS
        for code in blocks(page, language)
    }


@pytest.mark.parametrize("page", EXPECTED)
def test_the_snippet_runs(
    page: str, read: Read, run_program: RunProgram, keys: dict[Scope, str], tmp_path: Path
) -> None:
    language, code = snippets()[page]
    program = tmp_path / f"agent{ENDINGS[language]}"
    program.write_text(code)
    agent, model, counted = EXPECTED[page]
    service = page if agent == "my-agent" else agent
    variables = {"OTEL_SERVICE_NAME": service}
    if page == "litellm.md":
        plain = f"Authorization=Bearer {keys[Scope.INGEST]}"
        variables |= LITELLM | {"OTEL_EXPORTER_OTLP_HEADERS": plain}
    run_program(str(program), **variables)
    [run] = runs_of(read, service)
    assert run["status"] == "completed"
    assert (run["tokens_in"], run["tokens_out"]) == (1_000 * counted, 50 * counted)
    assert run["total_cost"] > 0
    assert {event["model"] for event in events_of(read, run) if event["tokens_in"]} == {model}


@pytest.mark.parametrize(("switch", "calls"), [("true", 2), ("false", 1)])
def test_a_variable_switches_the_second_instrumentation_off(
    switch: str, calls: int, read: Read, run_program: RunProgram, tmp_path: Path
) -> None:
    """As docs/integrations/README.md says it of Anthropic's SDK."""
    program = tmp_path / "agent.py"
    program.write_text(snippets()["anthropic.md"][1])
    agent = f"anthropic-{switch}"
    run_program(str(program), OTEL_SERVICE_NAME=agent, ANTHROPIC_OPEN_TELEMETRY=switch)
    [run] = runs_of(read, agent)
    kinds = [event["event_type"] for event in events_of(read, run)]
    assert (kinds.count("llm_call"), run["tokens_in"]) == (calls, 1_000)


def test_every_snippet_is_run() -> None:
    assert set(snippets()) - ELSEWHERE == set(EXPECTED)


def test_the_example_of_openai_runs(read: Read, run_program: RunProgram, tmp_path: Path) -> None:
    code = (REPOSITORY / "examples" / "openai_calls.py").read_text()
    program = tmp_path / "agent.py"
    program.write_text(code.replace("print(text)", "assert text"))  # a program here prints nothing
    run_program(str(program), OTEL_SERVICE_NAME="example openai")
    [run] = runs_of(read, "example%20openai")
    assert (run["run_name"], run["session_id"]) == ("talk about weather", "example-session")
    assert (run["tokens_in"], run["tokens_out"]) == (2_000, 100)
