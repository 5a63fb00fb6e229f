"""0030.repeats on a database in use: what data say of a call that counts elsewhere is a column."""

import os

import pytest

from service.db import migrate
from service.db.queries import Connection
from service.metrics.verify import verify
from tests.client import Client
from tests.events import differences, event, new_id
from tests.ingest.otlp.spans import new_span_id, new_trace, run_of, send, span
from tests.writer.test_repeated_calls import KINDS, figures, usage

MIGRATION = "0030.repeats"
STORED = """
SELECT e.event_id::text, {} AS repeats, e.tokens_in
  FROM events AS e
 ORDER BY e.event_id
"""
COLUMN = STORED.format("e.repeats::text")
MEMBER = STORED.format("CASE WHEN e.data -> 'counted' = 'false' THEN e.data ->> 'repeats' END")


def steps_back() -> int:
    """How many migrations there are from MIGRATION on."""
    names = [migration.id for migration in migrate.known_migrations()]
    return len(names) - names.index(MIGRATION)


@pytest.mark.one_server("migrate down is for undistributed tables")
def test_what_counts_elsewhere_is_known_before_and_after(
    client: Client, conn: Connection, database_url: str
) -> None:
    trace, outer, inner = new_trace(), new_span_id(), new_span_id()
    said = KINDS["call"] | usage(100)
    large = said | {"seed": os.urandom(10_000).hex()}
    send(client, span(trace, span_id=inner, parent=outer, attributes=large))
    send(client, span(trace, span_id=outer, attributes=said))
    send(client, span(trace, parent=outer, attributes=large))
    before = conn.execute(COLUMN).fetchall()
    paths = [f"/api/runs/{run_of(trace)}/{name}" for name in ("timeline", "trace")]
    answers = [client.ok(path) for path in paths]
    migrate.down(database_url, steps_back())
    conn.execute("DISCARD ALL")
    assert conn.execute(MEMBER).fetchall() == before
    assert len({row["repeats"] for row in before}) == 2
    migrate.up(database_url)
    conn.execute("DISCARD ALL")
    assert conn.execute(COLUMN).fetchall() == before
    assert [client.ok(path) for path in paths] == answers
    # To what comes later a call of before is what it was.
    send(client, span(trace, parent=inner, attributes=said))
    assert figures(client, trace)[0] == 100
    assert verify(database_url) == []
    assert differences(conn) == []


@pytest.mark.one_server("migrate down is for undistributed tables")
def test_what_an_event_says_otherwise_stays_in_its_data(
    client: Client, conn: Connection, database_url: str
) -> None:
    run = new_id()
    for said in ("another", "", None, 1, [new_id()], f"{new_id()}0"):
        client.send(event(run, "llm_call", data={"counted": False, "repeats": said}))
    client.send(event(run, "step", data={"counted": False, "repeats": new_id()}))
    client.send(event(run, "llm_call", data={"counted": True, "repeats": new_id()}))
    before = client.ok(f"/api/runs/{run}/timeline")
    assert {row["repeats"] for row in conn.execute(COLUMN)} == {None}
    migrate.down(database_url, steps_back())
    migrate.up(database_url)
    conn.execute("DISCARD ALL")
    assert {row["repeats"] for row in conn.execute(COLUMN)} == {None}
    assert client.ok(f"/api/runs/{run}/timeline") == before
