"""Random runs, and a search of them by hand: the truth that answers are held to."""

import json
import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from tests.client import Client
from tests.events import START, Event, at, event, new_id

Run = dict[str, Any]
AGENTS = ["Ada", "ada", "Bob/…"]
MODELS = ["gpt", "haiku", None]
TOOLS = ["sql", "web"]
NAMES = ["Alpha", "alphabet 100%", "be_ta", 'Ga"mma', "ÉTÉ"]
TEXTS = ["Time out", "time_out", "100 %", 'say "hi"', "back\\slash", "line\nbreak", "Été", "x"]
SAID: list[dict[str, Any]] = [
    {},
    {},
    {"session_id": "s/1", "user_id": "u"},
    {"session_id": "s2", "version": "1", "tags": ["a"]},
    {"version": "2", "user_id": "ü", "tags": ["a", "b,c"]},
]
TIES = [0, 0.1, 0.1, 0.25, 1.000000001]

Draw = random.Random


def events_of(draw: Draw, run: str, agent: str) -> list[Event]:
    """A run of one to six events, many of them alike."""
    name = draw.choice(NAMES)
    return [
        event(
            run,
            draw.choice(["agent_start", "llm_call", "tool_call", "error", "agent_end"]),
            draw.randrange(8),
            agent_name=agent,
            run_name=name,
            data={
                "model": draw.choice(MODELS),
                "tool_name": draw.choice(TOOLS),
                "cost": draw.choice(TIES),
                "tokens_in": draw.randrange(3),
                "text": draw.choice(TEXTS),
                "environment": draw.choice(["test", "live"]),
                **draw.choice(SAID),
                **({"error": "no"} if draw.random() < 0.2 else {}),
            },
        )
        for _ in range(draw.randint(1, 6))
    ]


def send_runs(client: Client, draw: Draw, count: int) -> None:
    """Store so many runs in a few batches: those of one batch are made at the same moment."""
    runs = [events_of(draw, new_id(), draw.choice(AGENTS)) for _ in range(count)]
    while runs:
        some = draw.randint(1, 5)
        assert client.send(*chain.from_iterable(runs[:some])).json["failed"] == 0
        del runs[:some]


def all_runs(client: Client) -> list[Run]:
    """Every run, with its events, not through a search."""
    agents = client.ok("/api/agents")
    found = [
        run
        for agent in agents
        for run in client.ok(f"/api/agents/{agent['name'].replace('/', '%2F')}/runs?limit=1000")
    ]
    return [client.ok(f"/api/runs/{run['run_id']}/timeline") for run in found]


KEYS: dict[str, Callable[[Run], Any]] = {
    "started_at": lambda run: run["started_at"],
    "cost": lambda run: run["total_cost"],
    "duration": lambda run: run["total_duration_ms"],
    "tokens": lambda run: run["tokens_in"] + run["tokens_out"],
}


def in_order(runs: Iterable[Run], sort: str = "started_at", order: str = "desc") -> list[Run]:
    """The runs, sorted."""
    return sorted(runs, key=lambda run: (KEYS[sort](run), run["run_id"]), reverse=order == "desc")


def tool_of(stored: Event) -> str | None:
    """The tool that an event calls."""
    return str(stored["data"]["tool_name"]) if stored["event_type"] == "tool_call" else None


# A parameter's values, and what a run has to be for each of them.
RUN_FILTERS: dict[str, tuple[list[str], Callable[[Run, str], bool]]] = {
    "agent": ([*AGENTS, "nobody"], lambda run, text: run["agent_name"] == text),
    "status": (["active", "completed", "failed"], lambda run, text: run["status"] == text),
    "environment": (["test", "live"], lambda run, text: run["environment"] == text),
    "model": (["gpt", "haiku", "none"], lambda run, t: t in [e["model"] for e in run["events"]]),
    "tool": (["sql", "none"], lambda run, t: t in [tool_of(e) for e in run["events"]]),
    "session_id": (["s/1", "s2", "s"], lambda run, text: run["session_id"] == text),
    "user_id": (["u", "ü"], lambda run, text: run["user_id"] == text),
    "version": (["1", "2"], lambda run, text: run["version"] == text),
    "tag": (["a", "b,c", "b"], lambda run, text: text in run["tags"]),
    "min_cost": (["0", "0.1", "0.35"], lambda run, text: run["total_cost"] >= float(text)),
    "max_cost": (["0", "0.1", "0.35"], lambda run, text: run["total_cost"] <= float(text)),
    "min_duration_ms": (
        ["0", "1000", "2999.9995"],
        lambda run, text: run["total_duration_ms"] >= float(text),
    ),
    "has_error": (["true", "false"], lambda run, t: (run["error_count"] > 0) == (t == "true")),
    "name": (
        ["alpha", "0%", "e_", 'A"M', "%", "éT", "_"],
        lambda run, text: text.lower() in run["run_name"].lower(),
    ),
    "q": (
        [text.upper() for text in TEXTS],
        lambda run, text: any(holds(each["data"], text) for each in run["events"]),
    ),
}
EVENT_FILTERS: dict[str, tuple[list[str], Callable[[Run, Event, str], bool]]] = {
    "agent": ([*AGENTS, "nobody"], lambda run, e, text: run["agent_name"] == text),
    "event_type": (["llm_call", "error"], lambda run, e, text: e["event_type"] == text),
    "model": (["gpt", "haiku", "none"], lambda run, e, text: e["model"] == text),
    "tool": ([*TOOLS, "none"], lambda run, e, text: tool_of(e) == text),
    "session_id": (["s/1", "s2", "s"], lambda run, e, text: run["session_id"] == text),
    "user_id": (["u", "ü"], lambda run, e, text: run["user_id"] == text),
    "version": (["1", "2"], lambda run, e, text: run["version"] == text),
    "tag": (["a", "b,c"], lambda run, e, text: text in run["tags"]),
    "status": (["error"], lambda run, e, text: bool(e["is_error"])),
    "from": ([at(2), at(7)], lambda run, e, text: moment(e) >= datetime.fromisoformat(text)),
    "to": ([at(2), at(7)], lambda run, e, text: moment(e) < datetime.fromisoformat(text)),
    "q": ([text.upper() for text in TEXTS], lambda run, e, text: holds(e["data"], text)),
}


def moment(stored: Event) -> datetime:
    """When an event happened."""
    return datetime.fromisoformat(stored["timestamp"])


def holds(data: Any, text: str) -> bool:
    """Whether the text stands in `data`, in any case."""
    written = json.dumps(text, ensure_ascii=False)[1:-1].lower()
    return written in json.dumps(data, ensure_ascii=False).lower()


def some_of(draw: Draw, filters: dict[str, Any]) -> dict[str, str]:
    """One to three parameters with a value each; from before to."""
    names = draw.sample(sorted(filters), draw.randint(1, 3))
    chosen = {name: draw.choice(filters[name][0]) for name in names}
    if chosen.get("from", "") >= chosen.get("to", "~"):
        chosen["to"] = (START + timedelta(seconds=9)).isoformat()
    return chosen
