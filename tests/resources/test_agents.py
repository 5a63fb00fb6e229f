"""Agents, their totals, and the pages of their runs."""

import base64
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.db.connections import connect
from service.db.queries import Connection, queries
from service.db.session_settings import WRITE
from service.resources import agents as resource
from tests.client import Client
from tests.events import differences, event, new_id
from tests.locks import waits_for_a_lock
from tests.processes.harness import until

pytestmark = pytest.mark.pgbouncer


def test_agents_come_with_totals_the_latest_run_first(client: Client) -> None:
    client.send(event(new_id(), agent_name="old", data={"cost": 0.5}))
    client.send(*[event(new_id(), seconds=1, agent_name="new") for _ in range(2)])
    client.send(event(new_id(), seconds=2, agent_name="old", data={"cost": 0.25}))
    agents = client.ok("/api/agents")
    assert [agent["name"] for agent in agents] == ["old", "new"]
    assert set(agents[0]) == {
        "name",
        "description",
        "total_runs",
        "total_events",
        "total_cost",
        "avg_cost",
        "created_at",
    }
    assert (agents[0]["total_runs"], agents[0]["total_events"]) == (2, 2)
    assert (agents[0]["total_cost"], agents[0]["avg_cost"]) == (0.75, 0.375)
    assert client.ok("/agents/old") == agents[0]


def test_an_agent_whose_runs_are_gone_has_zeros_and_no_nulls(client: Client) -> None:
    run = new_id()
    client.send(event(run))
    client.ok(f"/api/runs/{run}", "DELETE")
    for agent in (client.ok("/api/agents")[0], client.ok("/api/agents/agent")):
        assert (agent["total_runs"], agent["total_events"]) == (0, 0)
        assert (agent["total_cost"], agent["avg_cost"]) == (0, 0)


def test_the_description_can_be_set_and_taken_away(client: Client) -> None:
    client.send(event(new_id()))
    for description in ("Answers questions", None):
        found = client.ok("/api/agents/agent", "PATCH", json={"description": description})
        assert found["description"] == description
        assert client.ok("/api/agents/agent")["description"] == description


@pytest.mark.parametrize("document", [{}, {"description": 1}, {"description": "x\x00"}, [], "x"])
def test_a_description_that_is_none_is_400(client: Client, document: object) -> None:
    client.send(event(new_id()))
    assert client.simulate_patch("/api/agents/agent", json=document).status_code == 400


def test_unknown_agents_are_404(client: Client) -> None:
    for method, path in (
        ("GET", "/api/agents/nobody"),
        ("GET", "/api/agents/nobody/runs"),
        ("DELETE", "/api/agents/nobody"),
        ("PATCH", "/api/agents/nobody"),
    ):
        answer = client.simulate_request(method, path, json={"description": "x"})
        assert (answer.status_code, answer.json["code"]) == (404, "agent_not_found"), method


def test_deleting_an_agent_takes_its_runs_along(client: Client, conn: Connection) -> None:
    client.send(*[event(new_id()) for _ in range(250)], event(new_id(), agent_name="other"))
    client.ok("/api/agents/agent", "DELETE")
    assert [agent["name"] for agent in client.ok("/api/agents")] == ["other"]
    assert conn.execute("SELECT count(*) AS n FROM events").fetchone() == {"n": 1}
    assert differences(conn) == []


def test_the_next_link_stays_right_while_runs_come_in(client: Client) -> None:
    for n in range(7):
        client.send(event(new_id(), seconds=n))
    seen, path, query = [], "/api/agents/agent/runs", "limit=3"
    while path:
        answer = client.simulate_get(path, query_string=query)
        seen += [run["run_name"] for run in answer.json]
        client.send(event(new_id(), seconds=9))  # a run that comes in between shifts no page
        link = re.fullmatch(r"<\?(.*)>; rel=next", answer.headers.get("Link", ""))
        path, query = (path, link[1]) if link else ("", "")
    assert seen == [f"run {n}" for n in range(7, 0, -1)]


def test_limit_and_offset(client: Client) -> None:
    for n in range(5):
        client.send(event(new_id(), seconds=n))
    page = client.ok("/agents/agent/runs", query_string="limit=2&offset=1")
    assert [run["run_name"] for run in page] == ["run 4", "run 3"]
    assert len(client.ok("/agents/agent/runs", query_string="limit=5000")) == 5  # clamped
    assert client.ok("/agents/agent/runs", query_string="offset=9") == []


def test_a_cursor_with_an_offset_that_no_zone_has_is_taken_as_a_time(client: Client) -> None:
    client.send(event(new_id()))
    forged = b'["2026-01-01T00:00:00+23:59","8552f8ec-923d-432c-9bc4-802c92078534"]'
    cursor = base64.urlsafe_b64encode(forged).decode().rstrip("=")
    assert client.ok("/api/agents/agent/runs", query_string=f"cursor={cursor}") == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=abc",
        "limit=1e9",
        "limit=",
        "offset=-1",
        "limit=1&limit=2",
        "page=2",
        "cursor=forged",
        "cursor=W10",
        "cursor=WyIyMDI2LTExLTIzIiwgIngiXQ",
        "offset=1&cursor=W10",
    ],
)
def test_wrong_parameters_are_400_and_named(client: Client, query: str) -> None:
    client.send(event(new_id()))
    answer = client.simulate_get("/api/agents/agent/runs", query_string=query)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_parameter")
    assert answer.json["parameter"] in query


def test_an_agent_whose_runs_are_deleted_takes_runs_meanwhile(
    client: Client, conn: Connection, database_url: str
) -> None:
    run = new_id()
    client.send(event(run))
    with connect(database_url, WRITE, "test") as other, ThreadPoolExecutor(1) as pool:
        other.execute("SELECT FROM runs WHERE run_id = %s FOR UPDATE", (run,))
        deleted = pool.submit(client.simulate_delete, "/api/agents/agent")
        until(lambda: waits_for_a_lock(conn) or deleted.done(), "nobody waits for the run")
        other.execute("SELECT FROM agents WHERE name = 'agent' FOR UPDATE NOWAIT")
        other.rollback()
        assert deleted.result().status_code == 200
    assert client.simulate_get("/api/agents/agent").status_code == 404


@pytest.mark.parametrize(("events", "runs"), [(1, 1), (3, 1), (4, 2), (7, 3), (100, 3)])
def test_runs_are_deleted_together_up_to_so_many_events(
    client: Client, conn: Connection, events: int, runs: int
) -> None:
    for _ in range(3):
        run = new_id()
        client.send(*[event(run, seconds=second) for second in range(3)])
    asked = {"agent_name": "agent", "row_limit": 100, "event_limit": events}
    assert queries.runs.lock_some_for_delete(conn, **asked).rowcount == runs
    long_ago = queries.runs.lock_some_for_delete(conn, **asked, created_before="2000-01-01")
    assert long_ago.rowcount == 0


def test_an_agent_goes_by_few_events_at_a_time(
    client: Client, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "EVENTS_PER_TRANSACTION", 2)
    client.send(*[event(new_id(), agent_name=name) for name in ("agent", "agent", "other") * 3])
    assert client.simulate_delete("/api/agents/agent").status_code == 200
    assert [agent["name"] for agent in client.ok("/api/agents")] == ["other"]
    assert differences(conn) == []
