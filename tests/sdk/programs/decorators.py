"""Decorated agents: one whose tool fails, three times, one that fails itself, and a bare tool.

observe.init gives the application's name, the decorators give the agents theirs, so the events of
one run carry two agent names.
"""

import contextlib

from gati import observe
from gati.decorators import track_agent, track_step, track_tool

from tests.sdk.programs.recording import record


@track_tool(name="search")
def search(query: str) -> dict[str, list[str]]:
    """Find something, in scripts of three kinds."""
    return {"hits": [query, "é", "日本", "🦅"]}


@track_tool(name="broken")
def broken(query: str) -> None:
    """Fail."""
    raise ValueError(f"nothing for {query}")


@track_step(name="plan")
def plan(question: str) -> list[str]:
    """Cut a question into words."""
    return question.split()


@track_agent(name="Researcher")
def research(question: str) -> dict[str, str]:
    """Survive a tool that fails."""
    hits = [search(word) for word in plan(question)]
    with contextlib.suppress(ValueError):
        broken(question)
    return {"answer": str(hits)}


@track_agent(name="Crasher")
def crash(question: str) -> None:
    """Fail as a whole."""
    search(question)
    raise RuntimeError("the agent gave up")


def main() -> None:
    """Send small batches, as the SDK does with its own defaults."""
    record()
    observe.init(name="research app", telemetry=False, batch_size=3, flush_interval=1.0)
    for question in ("what is a falcon", "who eats it", "why"):
        research(question)
    with contextlib.suppress(RuntimeError):
        crash("how")
    search("outside of every agent")
    observe.flush()


if __name__ == "__main__":
    main()
