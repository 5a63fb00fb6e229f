"""A schema that changes under open connections: reads and writes go on, as in a rolling upgrade."""

import re

import pytest

from service.db.queries import Connection
from service.db.roles.grants import ensure_roles
from tests.client import Client
from tests.events import event, new_id
from tests.resources.scores.made import score, send

pytestmark = pytest.mark.one_server("its plans are made anew each time")

VIEWS = ["shown_runs", "paged_runs", "priced_events", "written_runs", "score_details"]
RUN = new_id()
PATHS = [
    f"/api/runs/{RUN}",
    f"/api/runs/{RUN}/timeline",
    f"/api/runs/{RUN}/trace",
    "/api/agents/agent/runs",
    "/api/runs?agent=agent",
    "/api/runs?sort=cost&from=2026-11-01T00:00:00Z",
    "/api/sessions/s",
    f"/api/events?run_id={RUN}",
    f"/api/scores?run_id={RUN}",
    f"/api/export/events.ndjson?run_id={RUN}",
    "/api/export/runs.csv",
]


def remake(conn: Connection, view: str, old: str, new: str) -> None:
    """Drop a view and make it with `new` in place of `old`, as a migration does."""
    row = conn.execute("SELECT pg_get_viewdef(%s::regclass) AS text", [view]).fetchall()[0]
    changed, count = re.subn(old, new, row["text"], count=1)
    assert count == 1, row["text"]
    with conn.transaction():
        conn.execute(f"DROP VIEW {view}")
        conn.execute(f"CREATE VIEW {view} AS {changed}")
        ensure_roles(conn)


@pytest.fixture
def answers(client: Client) -> list[bytes]:
    """What the service answers of a run; its connections have prepared the statements."""
    client.send(event(RUN, "agent_start", data={"session_id": "s"}), event(RUN, seconds=1))
    assert send(client, score(RUN)).status_code == 200
    for _ in range(2):
        found = all_answers(client)
    return found


def all_answers(client: Client) -> list[bytes]:
    """The answer of each path, which must be 200."""
    found = []
    for path in PATHS:
        result = client.simulate_get(path)
        assert result.status_code == 200, (path, result.text)
        found.append(result.content)
    return found


def test_reads_go_on_where_a_migration_adds_columns(
    client: Client, conn: Connection, answers: list[bytes]
) -> None:
    for view in VIEWS:
        remake(conn, view, r"\n +FROM ", r",\n 1 AS added_later\n FROM ")
    assert all_answers(client) == answers


def test_reads_go_on_where_a_migration_changes_a_type(
    client: Client, conn: Connection, answers: list[bytes]
) -> None:
    for view in VIEWS:
        remake(conn, view, r"((\w\.)?(run_name|comment)),", r"\1::varchar AS \3,")
    assert all_answers(client) == answers


def test_writes_go_on_where_a_migration_changes_a_type(client: Client, conn: Connection) -> None:
    for _ in range(2):
        assert client.send(event(new_id())).json["inserted"] == 1
    conn.execute("ALTER TABLE agents ALTER COLUMN run_counter TYPE integer")
    for _ in range(2):
        assert client.send(event(new_id())).json["inserted"] == 1
