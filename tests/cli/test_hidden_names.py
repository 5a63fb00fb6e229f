"""Names with characters that nobody sees: refused for keys, escaped where they are printed."""

import json
from pathlib import Path

from service.db.queries import Connection
from tests.client import Client
from tests.events import event, new_id
from tests.processes.harness import run
from tests.processes.postgres import do

HIDDEN = "admin\u202enimda\u200b"
ESCAPED = "admin\\u202enimda\\u200b"


def test_a_key_gets_no_such_name(database_url: str, tmp_path: Path) -> None:
    arguments = ("keys", "create", HIDDEN, "--scope", "read", "--yes")
    refused = run(tmp_path, *arguments, DATABASE_URL=database_url)
    assert refused.returncode == 1
    assert "invisible" in refused.stderr
    assert run(tmp_path, "keys", "list", DATABASE_URL=database_url).stdout == ""


def test_a_key_of_an_earlier_version_is_shown_escaped(database_url: str, tmp_path: Path) -> None:
    run(tmp_path, "keys", "create", "old", "--scope", "read", "--yes", DATABASE_URL=database_url)
    do(database_url, f"UPDATE api_keys SET name = '{HIDDEN}'")
    listed = run(tmp_path, "keys", "list", DATABASE_URL=database_url).stdout
    assert listed.endswith(f"  {ESCAPED}\n")
    as_json = run(tmp_path, "keys", "list", "--json", DATABASE_URL=database_url).stdout
    assert ESCAPED in as_json
    assert json.loads(as_json)[0]["name"] == HIDDEN


def test_an_agent_keeps_its_name_and_verify_shows_it_escaped(
    database_url: str, conn: Connection, client: Client, tmp_path: Path
) -> None:
    assert client.send(event(new_id(), agent_name=HIDDEN)).status_code == 200
    assert [agent["name"] for agent in client.ok("/api/agents")] == [HIDDEN]
    do(database_url, "UPDATE runs SET event_count = 7")
    printed = run(tmp_path, "verify", DATABASE_URL=database_url).stdout
    assert HIDDEN not in printed
    assert "event_count: stored 7, counted 1" in printed
    unknown = run(tmp_path, "verify", "--agent", HIDDEN, DATABASE_URL=database_url)
    assert HIDDEN not in unknown.stdout + unknown.stderr
