"""Any history of scores against a dictionary: sent, sent again, deleted; runs come late and go.

What is stored, what runs show, and what the metrics come to is what the dictionary says.
"""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.db.queries import Connection
from tests.client import Client
from tests.events import event, new_id
from tests.resources.scores.made import send, stored

pytestmark = pytest.mark.any_postgres

RUNS = [new_id() for _ in range(4)]
AGENTS = ["alpha", "beta"]
MOMENTS = ["2026-11-21T23:59:59.999999Z", "2026-11-22T00:00:00Z", "2026-11-22T12:00:00+05:45"]
DAYS = dict(zip(MOMENTS, ["2026-11-21", "2026-11-22", "2026-11-22"], strict=True))
VALUES = st.sampled_from([0.1, 0.2, 0.3, 1e-7, -4, 10**12, True, False, "good", "bad"])
SCORES = st.fixed_dictionaries(
    {
        "run_id": st.sampled_from(RUNS),
        "score_id": st.sampled_from("abc"),
        "name": st.sampled_from(["accuracy", "thumb"]),
        "value": VALUES,
        "timestamp": st.sampled_from(MOMENTS),
    }
)
STEPS = st.one_of(
    st.tuples(st.just("send"), st.lists(SCORES, min_size=1, max_size=6)),
    st.tuples(st.just("send"), st.lists(SCORES, min_size=1, max_size=6)),
    st.tuples(st.just("run"), st.tuples(st.sampled_from(RUNS), st.sampled_from(AGENTS))),
    st.tuples(st.just("move"), st.tuples(st.sampled_from(RUNS), st.sampled_from(AGENTS))),
    st.tuples(st.just("delete score"), st.sampled_from("abc")),
    st.tuples(st.just("delete run"), st.sampled_from(RUNS)),
    st.tuples(st.just("delete agent"), st.sampled_from(AGENTS)),
)
Key = tuple[str, str]
ALL = "from=2026-11-01&to=2026-12-01&group_by=agent,day"


class Model:
    """What a service would store that holds everything in dictionaries."""

    def __init__(self) -> None:
        self.scores: dict[Key, dict[str, Any]] = {}
        self.agents: dict[str, str] = {}  # of the runs that are there
        self.has_root: set[str] = set()

    def do(self, step: str, what: Any) -> None:
        """One step."""
        if step == "send":
            self.scores |= {(one["run_id"], one["score_id"]): one for one in what}
        elif step == "run":
            self.agents.setdefault(*what)
        elif step == "move" and what[0] not in self.has_root:
            self.agents[what[0]] = what[1]
            self.has_root.add(what[0])
        elif step == "delete score":
            self._keep(lambda key: key[1] != what)
        elif step == "delete run" and what in self.agents:
            self._forget(what)
        elif step == "delete agent":
            for run in [run for run, agent in self.agents.items() if agent == what]:
                self._forget(run)

    def _forget(self, run: str) -> None:
        del self.agents[run]
        self.has_root.discard(run)
        self._keep(lambda key: key[0] != run)

    def _keep(self, is_kept: Any) -> None:
        self.scores = {key: one for key, one in self.scores.items() if is_kept(key)}

    def groups(self) -> dict[tuple[str, str, str, str], list[Any]]:
        """The values by name, kind, agent and day, of runs that are there."""
        found = defaultdict(list)
        for one in self.scores.values():
            agent = self.agents.get(one["run_id"])
            if agent is not None:
                key = (one["name"], kind_of(one["value"]), agent, DAYS[one["timestamp"]])
                found[key].append(one["value"])
        return found


def kind_of(value: Any) -> str:
    """The kind of a value."""
    if isinstance(value, bool):
        return "boolean"
    return "category" if isinstance(value, str) else "number"


def do(client: Client, number: int, step: str, what: Any) -> None:
    """The same step on the service; of events of a run, the first one that came is the earliest."""
    if step == "send":
        assert send(client, *what).json["failed"] == 0
    elif step in ("run", "move"):
        run, agent = what
        event_type = "step" if step == "run" else "agent_start"
        client.send(event(run, event_type, number, agent_name=agent))
    else:
        path = {"delete score": "scores", "delete run": "runs", "delete agent": "agents"}[step]
        assert client.simulate_delete(f"/api/{path}/{what}").status_code in (200, 404)


def compare(client: Client, model: Model) -> None:
    """Compare everything that can be asked."""
    found = {(one["run_id"], one["score_id"]): one for one in stored(client, "limit=200")}
    assert {key: (one["name"], one["value"], one["agent_name"]) for key, one in found.items()} == {
        key: (one["name"], one["value"], model.agents.get(key[0]))
        for key, one in model.scores.items()
    }
    for run in model.agents:
        assert client.run(run)["score_count"] == sum(key[0] == run for key in model.scores)
    groups = {
        (one["name"], one["kind"], one["agent_name"], one["day"]): one
        for one in client.ok("/api/metrics/scores", query_string=ALL)["groups"]
    }
    assert groups.keys() == model.groups().keys()
    for key, values in model.groups().items():
        check_group(groups[key], values)


def check_group(group: dict[str, Any], values: list[Any]) -> None:
    """Compare a group with its values; sums are of decimals, so they are exact."""
    assert group["count"] == len(values)
    if group["kind"] == "category":
        counts = {one["value"]: one["count"] for one in group["categories"]}
        assert counts == {value: values.count(value) for value in values}
        return
    exact = [Decimal(int(value) if value in (True, False) else str(value)) for value in values]
    assert group["sum"] == float(sum(exact))
    assert group["average"] == pytest.approx(float(sum(exact)) / len(exact))
    assert (group["minimum"], group["maximum"]) == (float(min(exact)), float(max(exact)))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(STEPS, min_size=1, max_size=12))
def test_any_history_gives_what_a_dictionary_gives(
    client: Client, conn: Connection, history: list[Any]
) -> None:
    for agent in AGENTS:
        client.simulate_delete(f"/api/agents/{agent}")
    conn.execute("TRUNCATE scores")
    model = Model()
    for number, (step, what) in enumerate(history):
        do(client, number, step, what)
        model.do(step, what)
    compare(client, model)
