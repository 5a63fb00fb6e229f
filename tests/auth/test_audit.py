"""The audit log: who changed what; nobody changes it."""

import psycopg
import pytest

from service.db.queries import Connection
from tests.auth.conftest import Keys
from tests.client import Client
from tests.events import event, new_id


def logged(conn: Connection) -> list[tuple[str, str, str]]:
    """What was recorded beside keys and roles, the oldest first."""
    rows = conn.execute("SELECT actor, action, subject FROM audit_log ORDER BY audit_id")
    found = [(row["actor"], row["action"], row["subject"]) for row in rows]
    return [entry for entry in found if not entry[1].endswith((" key", "use role"))]


def test_deletes_and_renames_name_the_key_and_what_they_did(
    database_url: str, conn: Connection, keys: Keys
) -> None:
    runs = [new_id() for _ in range(3)]
    actor = keys.admin.split("_")[2]
    admin = keys.header("admin")
    with Client.of(database_url) as client:
        for run in runs:
            client.send(event(run, agent_name="robot"), headers=keys.header("ingest"))
        old = client.simulate_get(f"/api/runs/{runs[0]}", headers=admin).json["run_name"]
        client.simulate_patch(f"/api/runs/robot/{old}", json={"new_run_name": "new"}, headers=admin)
        name = client.simulate_get(f"/api/runs/{runs[1]}", headers=admin).json["run_name"]
        client.simulate_delete(f"/api/runs/{runs[1]}", headers=admin)
        client.simulate_delete(f"/api/runs/{runs[1]}", headers=admin)  # not there any more
        client.simulate_delete("/api/agents/robot", headers=admin)
        client.simulate_delete("/api/agents/robot", headers=admin)
    assert logged(conn) == [
        (actor, "rename run", f"{runs[0]} robot/{old} to new"),
        (actor, "delete run", f"{runs[1]} robot/{name}"),
        (actor, "delete agent", "robot"),
    ]


def test_while_no_key_exists_everybody_is_anonymous(client: Client, conn: Connection) -> None:
    run = new_id()
    client.send(event(run))
    client.simulate_delete(f"/api/runs/{run}")
    assert [(actor, action) for actor, action, _ in logged(conn)] == [("anonymous", "delete run")]


def test_keys_are_recorded_by_their_id_never_by_their_text(conn: Connection, keys: Keys) -> None:
    rows = conn.execute("SELECT * FROM audit_log ORDER BY audit_id").fetchall()
    assert [row["action"] for row in rows] == ["create key"] * 5 + ["revoke key"]
    assert {row["actor"] for row in rows} == {"command"}
    assert keys.ingest.split("_")[2] in rows[0]["subject"]
    assert keys.ingest.split("_")[3] not in str(rows)


@pytest.mark.parametrize(
    "change", ["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
def test_nobody_changes_it(conn: Connection, keys: Keys, change: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(change)
