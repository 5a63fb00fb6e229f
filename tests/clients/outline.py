"""What a run came out as, in the words that tests compare."""

from typing import Any

from tests.clients.conftest import Read

Found = dict[str, Any]
RUN = ("run_name", "agent_name", "status", "tokens_in", "tokens_out", "total_cost", "error_count")
DATA = ("input", "output", "tool_name", "cached_tokens", "cache_write_tokens", "reasoning_tokens")


def only_run(read: Read, agent: str) -> Found:
    """The one run of an agent."""
    [run] = runs_of(read, agent)
    return run


def runs_of(read: Read, agent: str) -> list[Found]:
    """The runs of an agent, oldest first."""
    found: list[Found] = read(f"/api/runs?order=asc&agent={agent}")["runs"]
    return found


def figures(run: Found) -> list[Any]:
    """Name, agent, status, tokens in and out, cost, errors."""
    return [run[key] for key in RUN]


def events_of(read: Read, run: Found) -> list[Found]:
    """The events of a run, oldest first."""
    found: list[Found] = read(f"/api/runs/{run['run_id']}/timeline")["events"]
    return found


def calls(read: Read, run: Found) -> list[Found]:
    """What each call of a model was, without what it lacks."""
    return [
        {
            "model": event["model"],
            "tokens": (event["tokens_in"], event["tokens_out"]),
            "cost": (event["cost"], event["cost_source"]),
            **said(event),
        }
        for event in events_of(read, run)
        if event["event_type"] == "llm_call" and not event["is_error"]
    ]


def said(event: Found) -> Found:
    """What an event's data have of content and of parts of tokens."""
    return {key: event["data"][key] for key in DATA if key in event["data"]}
