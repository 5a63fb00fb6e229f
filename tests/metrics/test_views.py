"""The views that DBAs read: each says what it is, and works in psql."""

import shutil
import subprocess

import pytest

from service.db.queries import Connection
from tests.client import Client
from tests.events import event, new_id
from tests.metrics.asking import STATES, store

# The weekly partitions are told of by their table; what yoyo or an extension made is not ours.
WITHOUT_COMMENT = """
SELECT c.relname
  FROM pg_class AS c
 WHERE c.relnamespace = 'public'::regnamespace
   AND c.relkind IN ('r', 'p', 'v', 'm')
   AND NOT c.relispartition
   AND c.relname !~ 'yoyo'
   AND NOT EXISTS (SELECT
                     FROM pg_depend AS d
                    WHERE d.objid   = c.oid
                      AND d.classid = 'pg_class'::regclass
                      AND d.deptype = 'e')
   AND obj_description(c.oid, 'pg_class') IS NULL
"""
LIVE = r"SELECT relname AS name FROM pg_class WHERE relname LIKE '%\_live' ORDER BY 1"


def test_every_table_and_view_has_a_comment(conn: Connection) -> None:
    assert conn.execute(WITHOUT_COMMENT).fetchall() == []


@pytest.mark.parametrize("state", STATES)
def test_every_live_view_can_be_read(
    client: Client, conn: Connection, database_url: str, state: str
) -> None:
    run = new_id()
    data = {"model": "m", "latency_ms": 5, "cost": 0.1}
    store(client, database_url, state, [event(run, "llm_call", n, data=data) for n in range(4)])
    names = [row["name"] for row in conn.execute(LIVE)]
    assert "agent_totals_live" in names
    for name in names:
        rows = conn.execute(f"SELECT * FROM {name}").fetchall()
        assert sum(row["events"] for row in rows) % 4 == 0 < len(rows), name
        assert all(value is not None for row in rows for value in row.values()), name


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
def test_agent_totals_live_works_in_psql(client: Client, database_url: str) -> None:
    client.send(event(new_id(), data={"cost": 0.1}), event(new_id(), data={"cost": 0.2}))
    command = ["psql", "-XAtc", "SELECT * FROM agent_totals_live", database_url]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert shown == "agent|2|0|0|0|0.3|0|2|0|0|0\n"
