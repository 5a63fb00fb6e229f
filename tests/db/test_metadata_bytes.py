"""0025.metadata-bytes on a database in use: large metadata of older runs is measured."""

import json

import pytest

from service.db import migrate
from service.db.queries import Connection
from service.metrics.verify import verify
from tests.client import Client
from tests.events import event, new_id

MIGRATION = "0025.metadata-bytes"
SIZES = """
SELECT r.run_id::text, r.metadata_bytes, octet_length(r.metadata::text) AS printed
  FROM runs AS r
"""
# Small, of many bytes, of long numbers, and one that compresses to few bytes and prints to many.
SENT = [{}, {"team": "blue"}, {"text": "x" * 100_000}, {"n": [1e300] * 70}, {"n": [1e300] * 3_000}]


def steps_back() -> int:
    """How many migrations there are from MIGRATION on."""
    names = [migration.id for migration in migrate.known_migrations()]
    return len(names) - names.index(MIGRATION)


@pytest.mark.one_server("migrate down is for undistributed tables")
def test_what_lists_leave_out_is_measured_once(
    client: Client, conn: Connection, database_url: str
) -> None:
    runs = [new_id() for _ in SENT]
    for run, metadata in zip(runs, SENT, strict=True):
        client.send(event(run, "agent_start", data={"metadata": metadata}))
    new = conn.execute(SIZES).fetchall()
    assert [row for row in new if row["metadata_bytes"] != row["printed"]] == []
    before = client.ok("/api/runs")
    migrate.down(database_url, steps_back())
    migrate.up(database_url)
    conn.execute("DISCARD ALL")
    for row in conn.execute(SIZES).fetchall():
        assert row["metadata_bytes"] in (row["printed"], None)
        assert row["metadata_bytes"] is not None or row["printed"] < 16_384
    assert client.ok("/api/runs") == before
    assert json.dumps(before).count("omitted_bytes") == 3
    assert verify(database_url) == []
