"""Reading, renaming and deleting runs, through every path and with every name."""

from urllib.parse import quote

import pytest

from service.db.queries import Connection
from tests.client import Client
from tests.events import differences, event, new_id

pytestmark = pytest.mark.pgbouncer

NAMES = [
    "a/b",
    "a%2Fb",
    "100 %",
    'it\'s "quoted"',
    "'; DROP TABLE runs; --",
    "agent 🦊",
    "עברית",
    "日本語",
    "back\\slash",
    "...",
    "a/..",
    "%2E%2E",
    " ",
    "timeline",
    "trace",
    "?query=1&x",
    "#fragment",
    "+plus+",
    "🦊" * 255,
]
PREFIXES = ["", "/api"]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("name", NAMES)
def test_any_name_works_in_every_path(client: Client, name: str, prefix: str) -> None:
    run = new_id()
    sent = event(run, "agent_start", agent_name=name, run_name=name)
    assert client.send(sent).json["inserted"] == 1
    agent = f"{prefix}/agents/{quote(name, safe='')}"
    path = f"{prefix}/runs/{quote(name, safe='')}/{quote(name, safe='')}"
    assert client.ok(agent)["name"] == name
    assert [found["run_name"] for found in client.ok(f"{agent}/runs")] == [name]
    assert client.ok(path)["run_id"] == run
    assert client.ok(f"{path}/timeline")["events"][0]["event_id"] == sent["event_id"]
    assert client.ok(f"{path}/trace")["execution_tree"][0]["event_id"] == sent["event_id"]
    renamed = client.ok(path, "PATCH", json={"new_run_name": "plain"})
    assert (renamed["run_id"], renamed["run_name"]) == (run, "plain")
    back = f"{prefix}/runs/{quote(name, safe='')}/plain"
    assert client.ok(back, "PATCH", json={"new_run_name": name})["run_name"] == name
    assert client.ok(path, "DELETE")["status"] == "success"
    assert client.simulate_get(path).status_code == 404
    assert client.ok(agent, "DELETE")["status"] == "success"
    assert client.simulate_get(agent).status_code == 404


@pytest.mark.parametrize("name", [".", ".."])
def test_a_name_that_clients_leave_out_of_paths_is_refused(client: Client, name: str) -> None:
    """Browsers, curl and requests make `/api/` of `/api/agents/..`, also percent-encoded."""
    answer = client.send(event(new_id(), agent_name=name), event(new_id(), run_name="plain"))
    assert [error["code"] for error in answer.json["errors"]] == ["dot_segment"]
    assert [agent["name"] for agent in client.ok("/api/agents")] == ["agent"]
    renamed = client.simulate_patch("/api/runs/agent/plain", json={"new_run_name": name})
    assert (renamed.status_code, renamed.json["code"]) == (400, "invalid_run_name")


def test_a_run_has_every_promised_field(client: Client) -> None:
    run = new_id()
    client.send(event(run))
    assert set(client.run(run)) == {
        "run_id",
        "run_name",
        "agent_name",
        "environment",
        "status",
        "started_at",
        "ended_at",
        "last_event_at",
        "total_duration_ms",
        "total_cost",
        "tokens_in",
        "tokens_out",
        "cached_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
        "event_count",
        "error_count",
        "session_id",
        "user_id",
        "tags",
        "version",
        "first_error",
        "metadata",
        "created_at",
        "updated_at",
        "score_count",
        "scores",
    }


def test_the_timeline_is_oldest_first(client: Client) -> None:
    run = new_id()
    client.send(*[event(run, seconds=n, data={"n": n}) for n in (3, 1, 2)])
    for path in (f"/api/runs/{run}/timeline", "/runs/agent/run%201/timeline"):
        answer = client.ok(path)
        assert [one["data"]["n"] for one in answer["events"]] == [1, 2, 3]
        assert (answer["run_id"], answer["run_name"]) == (run, "run 1")


@pytest.mark.parametrize("view", ["timeline", "trace"])
def test_a_run_may_be_named_like_a_view(client: Client, view: str) -> None:
    run, other = new_id(), new_id()
    client.send(event(run, run_name=view), event(other, agent_name=run, run_name=view))
    assert client.ok(f"/api/runs/agent/{view}")["run_id"] == run
    assert "run_name" in client.ok(f"/api/runs/agent/{view}/{view}")
    # The agent is named like a run's id: the id comes first, the agent's run where there is none.
    assert client.ok(f"/api/runs/{run}/{view}")["run_id"] == run
    client.ok(f"/api/runs/{run}", "DELETE")
    assert client.ok(f"/api/runs/{run}/{view}")["run_id"] == other


def test_unknown_runs_are_404(client: Client) -> None:
    for path in (
        f"/api/runs/{new_id()}",
        "/api/runs/no-uuid",
        "/api/runs/nobody/nothing",
        "/api/runs/nobody/nothing/trace",
        f"/api/runs/{new_id()}/timeline",
    ):
        answer = client.simulate_get(path)
        assert (answer.status_code, answer.json["code"]) == (404, "run_not_found"), path


def test_an_unknown_view_is_404(client: Client) -> None:
    run = new_id()
    client.send(event(run))
    assert client.simulate_get("/api/runs/agent/run%201/cost").status_code == 404


def test_a_name_that_is_taken_is_409(client: Client) -> None:
    client.send(event(new_id(), run_name="a"), event(new_id(), run_name="b"))
    answer = client.simulate_patch("/api/runs/agent/a", json={"new_run_name": "b"})
    assert (answer.status_code, answer.json["code"]) == (409, "run_name_taken")
    assert client.ok("/api/runs/agent/a")["run_name"] == "a"


@pytest.mark.parametrize("name", ["", "x" * 256, "tab\t", "nul\x00", None, 7, ["a"]])
def test_a_name_that_no_run_can_have_is_400(client: Client, name: object) -> None:
    client.send(event(new_id(), run_name="a"))
    answer = client.simulate_patch("/api/runs/agent/a", json={"new_run_name": name})
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_run_name")


def test_renaming_an_unknown_run_is_404(client: Client) -> None:
    answer = client.simulate_patch("/api/runs/agent/a", json={"new_run_name": "b"})
    assert answer.status_code == 404


def test_deleting_a_run_deletes_its_events_and_no_others(client: Client, conn: Connection) -> None:
    gone, kept = new_id(), new_id()
    client.send(event(gone), event(kept))
    client.ok(f"/api/runs/{gone}", "DELETE")
    assert client.run(kept)["event_count"] == 1
    assert conn.execute("SELECT run_id::text FROM events").fetchall() == [{"run_id": kept}]
    assert client.simulate_delete(f"/api/runs/{gone}").status_code == 404
    assert differences(conn) == []


@pytest.mark.parametrize("parameter", ["depth=1", "limit=5", "x"])
def test_unknown_parameters_are_400_and_named(client: Client, parameter: str) -> None:
    run = new_id()
    client.send(event(run))
    answer = client.simulate_get(f"/api/runs/{run}", query_string=parameter + "=1")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_parameter")
    assert answer.json["parameter"] == parameter.partition("=")[0]


def test_broken_percent_encoding_is_no_500(client: Client) -> None:
    for path in ("/api/runs/%zz", "/api/runs/%ff/x", "/api/agents/%ff", "/api/runs/a/%00"):
        assert 400 <= client.simulate_get(path).status_code < 500, path
