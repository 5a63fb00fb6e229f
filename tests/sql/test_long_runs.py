"""A page of events is looked up event by event, however long their runs are."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from service.db.connections import connect
from service.db.queries import Connection, Query, queries
from service.db.session_settings import READ
from tests.client import Client
from tests.events import event, new_id

pytestmark = pytest.mark.one_server("reads a plan of PostgreSQL's own")

NIL = "00000000-0000-0000-0000-000000000000"
AGENT = {"agent_name": "agent"}
LONG, SMALL_RUNS, PAGE = 3_000, 200, 50


@pytest.fixture
def long_run(client: Client) -> str:
    """A run of many events, the newest, in a database that has no statistics yet."""
    client.send(*[event(new_id(), seconds=-60) for _ in range(SMALL_RUNS)])
    run_id = new_id()
    for _ in range(3):
        client.send(*[event(run_id, seconds=i) for i in range(LONG // 3)])
    return run_id


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node of a plan, and all below it."""
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def rows_read(conn: Connection, query: Query, values: dict[str, str]) -> int:
    """How many events a statement reads, those that it passes over included."""
    text = query.variant(frozenset(query.optional & values.keys())).with_identifiers(values)
    cursor = psycopg.ClientCursor(conn)
    [found] = cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", values).fetchall()
    [plan] = found["QUERY PLAN"] if isinstance(found, dict) else found[0]
    of_events = [node for node in nodes(plan["Plan"]) if "events" in node.get("Relation Name", "")]
    assert of_events
    return sum(
        int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
        for node in of_events
    )


def test_a_page_reads_the_run_once_and_each_of_its_rows_once(
    client: Client, database_url: str, long_run: str
) -> None:
    with connect(database_url, READ, "test") as conn:
        found = conn.execute("SELECT received_on::text FROM runs WHERE run_id = %s", [long_run])
        [day] = [row["received_on"] for row in found]
        page = {"row_limit": str(PAGE), "byte_limit": str(2**23), "print_limit": str(2**23)}
        run = {"run_ids": f"{{{long_run}}}", "received_ons": f"{{{day}}}"}
        start = {"xid": "0", "run_id": NIL, "event_id": NIL, "horizon": str(2**40)}
        most = LONG + SMALL_RUNS + PAGE
        assert rows_read(conn, queries.events.search, page | run) <= most
        assert rows_read(conn, queries.export.events_of_runs, page | run) <= most
        assert rows_read(conn, queries.tail.page, page | start) <= most
        assert rows_read(conn, queries.tail.page_of_agent, page | start | AGENT) <= 2 * most
    answer = client.simulate_get("/api/events", params={"limit": str(PAGE)})
    assert len(answer.json["events"]) == PAGE
