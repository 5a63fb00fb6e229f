"""Runs for /metrics/changes, and by hand what they add up to."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.events import Event, event, new_id

FIRST = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)  # midnight in Paris
DAY = 86_400
FIGURES = ("calls", "errors", "tokens_in", "tokens_out", "cost")


class Run:
    """A run of four events: all in the hour in which it starts."""

    def __init__(self, draw: random.Random) -> None:
        self.agent, self.environment = draw.choice(["Ada", "Bob"]), draw.choice(["test", "live"])
        self.start = FIRST + timedelta(seconds=draw.randrange(4 * DAY // 3600) * 3600 + 5)
        self.has_failed, self.has_ended = draw.random() < 0.4, draw.random() < 0.8
        run_id = new_id()

        def happened(event_type: str, seconds: float, **data: Any) -> Event:
            timestamp = (self.start + timedelta(seconds=seconds)).isoformat()
            return event(run_id, event_type, timestamp=timestamp, agent_name=self.agent, data=data)

        call = {
            "model": draw.choice(["gpt", "haiku", None]),
            "cost": draw.choice([0, 0.1, 0.25]),
            "tokens_in": draw.randrange(9),
            "tokens_out": draw.randrange(3),
        }
        self.seconds = draw.randrange(3, 900)
        end = {"status": "error"} if self.has_failed else {}
        self.events = [
            happened("agent_start", 0, environment=self.environment),
            happened("llm_call", 1, **call),
            happened("tool_call", 2, tool_name=draw.choice(["sql", "web"])),
            *[happened("agent_end", self.seconds, **end)][: int(self.has_ended)],
        ]

    def names(self, filters: dict[str, str]) -> bool:
        """Whether it is one of the runs that are asked for."""
        return (
            filters.get("agent", self.agent) == self.agent
            and filters.get("environment", self.environment) == self.environment
            and all(
                any(fits(one, {name: filters[name]}) for one in self.events)
                for name in ("model", "tool")
                if name in filters
            )
        )


def fits(one: Event, filters: dict[str, str]) -> bool:
    """Whether an event names the model and the tool."""
    named = {"model": one["data"].get("model"), "tool": one["data"].get("tool_name")}
    return all(filters.get(name, value) == value for name, value in named.items())


def add_up(runs: list[Run], key: str, filters: dict[str, str]) -> dict[str | None, dict[str, Any]]:
    """The figures of the runs' events, by agent, model or tool; by nothing under None."""
    found: dict[str | None, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(FIGURES, 0))
    for run in runs:
        for one in run.events:
            data = one["data"]
            group = run.agent if key == "agent_name" else data.get(key)
            if not fits(one, filters) or (key == "tool_name" and group is None):
                continue
            is_call = one["event_type"] == "llm_call" or key == "tool_name"
            found[group]["calls"] += is_call
            found[group]["errors"] += data.get("status") == "error"
            for name in ("tokens_in", "tokens_out", "cost"):
                found[group][name] += data.get(name) or 0
    return found


def p95(runs: list[Run]) -> float:
    """Of the ended ones."""
    lasted = sorted(run.seconds for run in runs if run.has_ended)
    return lasted[-(-95 * len(lasted) // 100) - 1] * 1000 if lasted else 0


def of_runs(runs: list[Run]) -> dict[str, Any]:
    """The figures of runs."""
    failed = sum(run.has_failed and run.has_ended for run in runs)
    return {"runs": len(runs), "failed": failed, "p95_ms": p95(runs)}


def rounded(value: Any) -> Any:
    """Sums of floating-point numbers, comparable."""
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    return round(value, 6) if isinstance(value, float) else value
