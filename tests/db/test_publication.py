"""Logical replication: a table that is published without a key refuses UPDATE and DELETE."""

import pytest

from service.db.queries import Connection
from service.metrics.fold import (
    compact,
    connect_for_folds,
    delete_empty,
    fold,
)
from service.metrics.verify import rebuild, verify
from tests.client import Client
from tests.db.old import LONG_AGO, receive, retain, run_on
from tests.events import event, new_id
from tests.metrics.asking import forget_all

pytestmark = pytest.mark.one_server("a publication has no distributed table")


def test_where_all_tables_are_published_everything_can_still_be_deleted(
    client: Client, conn: Connection, database_url: str
) -> None:
    conn.execute("CREATE PUBLICATION everything FOR ALL TABLES")
    receive(database_url, LONG_AGO, *run_on(LONG_AGO), *run_on(LONG_AGO, agent="older"))
    client.send(event(new_id(), "llm_call", data={"model": "m", "latency_ms": 5}))
    with connect_for_folds(database_url) as folder:
        compact(folder)
        assert fold(folder).deltas > 0
        assert retain(database_url) != []
        forget_all(folder, 93)
        assert retain(database_url) == []  # puts retired quarter hours together by day
        for agent in ("old", "agent"):
            client.ok(f"/api/agents/{agent}", "DELETE")
        fold(folder)
        delete_empty(folder)
        assert verify(database_url) == []
        rebuild(folder)
    assert verify(database_url) == []
    assert [agent["name"] for agent in client.ok("/api/agents")] == ["older"]


def test_every_table_of_ours_has_a_primary_key(conn: Connection) -> None:
    found = conn.execute(
        "SELECT c.relname FROM pg_class AS c WHERE c.relkind IN ('r', 'p') AND c.relname !~ 'yoyo'"
        " AND c.relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_constraint"
        " AS k WHERE k.conrelid = c.oid AND k.contype = 'p')"
    )
    assert found.fetchall() == []
