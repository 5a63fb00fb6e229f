"""Any sequence of batches and deletes against a dictionary: the same agents, runs and events."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.db.queries import Connection
from tests.client import Client
from tests.events import Event, at, differences, new_id

RUNS, EVENTS, AGENTS = 3, 7, 3
TYPES = ["agent_start", "agent_end", "llm_call", "error", "step"]
COSTS = [0.1, 0.2, 0.3, 1e-7]

# What is read of the values that are sent as text; of all others nothing.
FIELDS: dict[str, dict[str, Any]] = {
    "session_id": {"s1": "s1", "s2": "s2", "3": "3"},
    "user_id": {"u1": "u1", "u2": "u2"},
    "tags": {"['a']": ["a"], "['b', 'c']": ["b", "c"], "one": ["one"]},
    "version": {"1.0": "1.0", "1.1": "1.1"},
}
NONE: dict[str, Any] = {"tags": []}
ERRORS = {
    "boom": {"type": None, "text": "boom"},
    "{'type': 'E', 'message': 'm'}": {"type": "E", "text": "m"},
}

datas = st.fixed_dictionaries(
    {},
    optional={
        "cost": st.sampled_from(COSTS),
        "tokens_in": st.integers(0, 50),
        "tokens_out": st.integers(20, 50),
        "reasoning_tokens": st.integers(0, 20),
        "error": st.sampled_from(["boom", None, {"type": "E", "message": "m"}]),
        "environment": st.sampled_from(["test", "prod"]),
        "metadata": st.sampled_from([{"a": 1}, {"b": [2]}]),
        "session_id": st.sampled_from(["s1", "s2", 3, ""]),
        "user_id": st.sampled_from(["u1", "u2", None, 2.5]),
        "tags": st.sampled_from([["a"], ["b", "c"], [], "one"]),
        "version": st.sampled_from(["1.0", "1.1"]),
    },
)
drafts = st.fixed_dictionaries(
    {
        "run": st.integers(0, RUNS - 1),
        "event": st.integers(0, EVENTS - 1),
        "agent": st.integers(0, AGENTS - 1),
        "type": st.sampled_from(TYPES),
        "seconds": st.integers(0, 4),  # few, so that times are often equal
        "parent": st.none() | st.integers(0, EVENTS),  # the last is in no run
        "previous": st.none() | st.integers(0, EVENTS),
        "name": st.none() | st.integers(0, 2),
        "data": datas,
    }
)
batches = st.lists(drafts, min_size=1, max_size=8)
deletes = st.integers(0, RUNS - 1)
histories = st.lists(batches | deletes, min_size=1, max_size=8)


@dataclass
class Model:
    """What the service must hold: the events of each run, the first sent of each id."""

    runs: list[str] = field(default_factory=lambda: [new_id() for _ in range(RUNS)])
    ids: list[str] = field(default_factory=lambda: [new_id() for _ in range(EVENTS + 1)])
    agents: list[str] = field(default_factory=lambda: [new_id() for _ in range(AGENTS)])
    stored: dict[str, dict[str, Event]] = field(default_factory=dict)
    seen_agents: set[str] = field(default_factory=set)

    def event(self, draft: dict[str, Any]) -> Event:
        """The event that a draft stands for."""
        run = self.runs[draft["run"]]
        name = None if draft["name"] is None else f"{run} {draft['name']}"  # clashes with no other
        parent, previous = draft["parent"], draft["previous"]
        return {
            "run_id": run,
            "event_id": self.ids[draft["event"]],
            "agent_name": self.agents[draft["agent"]],
            "event_type": draft["type"],
            "timestamp": at(draft["seconds"]),
            "parent_event_id": None if parent is None else self.ids[parent],
            "previous_event_id": None if previous is None else self.ids[previous],
            "run_name": name or f"temp_{run}",
            "data": draft["data"],
        }

    def add(self, events: list[Event]) -> int:
        """Store a batch; how many were new."""
        new = 0
        for place, event in enumerate(events):
            self.seen_agents.add(event["agent_name"])
            run = self.stored.setdefault(event["run_id"], {})
            if event["event_id"] not in run:
                run[event["event_id"]] = {**event, "place": place}
                new += 1
        return new

    def expected(self, run: str) -> dict[str, Any]:
        """What GET /runs/{run} must say, but for name, times and the service's own environment."""
        events = sorted(
            self.stored[run].values(), key=lambda e: (e["timestamp"], e["place"], e["event_id"])
        )
        inside = self.stored[run]
        roots = [
            event
            for event in events
            if event["event_type"] == "agent_start" and event["parent_event_id"] not in inside
        ]
        data = [event["data"] for event in events]
        failed = [event for event in events if event["data"].get("error") is not None]
        return {
            "agent_name": (roots or events)[0]["agent_name"],
            "metadata": roots[0]["data"].get("metadata", {}) if roots else {},
            "status": self.status(events, roots),
            "error_count": len(failed),
            "event_count": len(events),
            "total_cost": pytest.approx(sum(event["data"].get("cost", 0) for event in events)),
            "tokens_in": sum(event["data"].get("tokens_in", 0) for event in events),
            "tokens_out": sum(
                event.get("tokens_out", event.get("reasoning_tokens", 0)) for event in data
            ),
            "reasoning_tokens": sum(event.get("reasoning_tokens", 0) for event in data),
            **{name: self.field(name, [*roots[:1], *events]) for name in FIELDS},
            "first_error": ERRORS[str(failed[0]["data"]["error"])] if failed else None,
        }

    def field(self, name: str, events: list[Event]) -> Any:
        """The first value of a field that one of the events has."""
        sent = (event["data"].get(name) for event in events)
        return next((FIELDS[name][str(v)] for v in sent if str(v) in FIELDS[name]), NONE.get(name))

    def status(self, events: list[Event], roots: list[Event]) -> str:
        """How the run ended: the end of an agent_start that is not the root does not count."""
        starts = {event["event_id"] for event in events if event["event_type"] == "agent_start"}
        inner = starts - {root["event_id"] for root in roots[:1]}
        ends = [
            event["data"].get("error") is not None
            for event in events
            if event["event_type"] == "agent_end"
            and not inner & {event["previous_event_id"], event["parent_event_id"]}
        ]
        return "failed" if any(ends) else "completed" if ends else "active"

    def earliest(self, run: str, values: "Iterator[tuple[str, Any]]") -> Any:
        """The value of the earliest event that has one; equal times go by the value."""
        return min(((time, value) for time, value in values if value), default=(None, None))[1]

    def environment(self, run: str) -> str:
        """The environment of a run."""
        events = self.stored[run].values()
        wishes = ((event["timestamp"], event["data"].get("environment")) for event in events)
        return str(self.earliest(run, wishes) or "development")

    def name(self, run: str) -> str | None:
        """The name that the run's first root without a parent asks for, else its first event."""
        events = self.stored[run].values()
        named = [event for event in events if not event["run_name"].startswith("temp_")]
        roots = [
            event
            for event in named
            if event["event_type"] == "agent_start" and event["parent_event_id"] is None
        ]
        wishes = ((event["timestamp"], event["run_name"]) for event in roots or named)
        name: str | None = self.earliest(run, wishes)
        return name


FIELDS_AGAIN = """
SELECT r.field_sources, f.sources
  FROM runs AS r JOIN run_fields AS f USING (run_id)
 WHERE r.field_sources <> f.sources
"""
SIZES_AGAIN = """
SELECT r.metadata_bytes, r.metadata
  FROM runs AS r
 WHERE r.metadata_bytes IS DISTINCT FROM octet_length(r.metadata::text)
"""


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories)
def test_any_history_gives_what_the_model_holds(
    client: Client, conn: Connection, history: list[Any]
) -> None:
    model = Model()
    for step in history:
        if isinstance(step, int):
            status = client.simulate_delete(f"/api/runs/{model.runs[step]}").status_code
            assert status == (200 if model.stored.pop(model.runs[step], None) else 404)
            continue
        events = [model.event(draft) for draft in step]
        new = model.add(events)
        answer = client.send(*events).json
        assert (answer["count"], answer["inserted"]) == (len(events), new)
    for run in model.runs:
        check_run(client, model, run)
    assert model.seen_agents <= {agent["name"] for agent in client.ok("/api/agents")}
    assert differences(conn) == []
    assert conn.execute(FIELDS_AGAIN).fetchall() == []
    assert conn.execute(SIZES_AGAIN).fetchall() == []


def check_run(client: Client, model: Model, run: str) -> None:
    """Compare one run with the model."""
    if run not in model.stored:
        assert client.simulate_get(f"/api/runs/{run}").status_code == 404
        return
    found = client.ok(f"/api/runs/{run}/timeline")
    expected = model.expected(run)
    assert {name: found[name] for name in expected} == expected
    assert found["environment"] == model.environment(run)
    wished = model.name(run)
    if wished is None:
        assert re.fullmatch(r"run \d+", found["run_name"])
    else:
        assert found["run_name"] == wished
    stored = {event["event_id"]: event["data"] for event in found["events"]}
    assert stored == {key: event["data"] for key, event in model.stored[run].items()}
