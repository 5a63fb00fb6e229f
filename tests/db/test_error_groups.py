"""0015.error-groups on a database in use: stored errors get the fingerprints that ingest gives."""

import pytest

from service.db import migrate
from service.db.queries import Connection
from service.metrics.verify import verify
from tests.client import Client
from tests.events import event, new_id
from tests.ingest.otlp.spans import new_trace, send, span

MIGRATION = "0015.error-groups"
STORED = "SELECT event_id, error_fingerprint FROM events ORDER BY event_id"


def steps_back() -> int:
    """How many migrations there are from MIGRATION on."""
    names = [migration.id for migration in migrate.known_migrations()]
    return len(names) - names.index(MIGRATION)


@pytest.mark.one_server("migrate down is for undistributed tables")
def test_errors_that_are_stored_get_their_fingerprints(
    client: Client, conn: Connection, database_url: str
) -> None:
    run = new_id()
    client.send(
        event(run, data={"error": {"type": "ValueError", "message": "no price for 'EUR'"}}),
        event(run, data={"status": "failed"}),
        event(run, data={"output": "fine"}),
    )
    send(client, span(new_trace(), status={"code": 2, "message": "timed out after 30 s"}))
    before = conn.execute(STORED).fetchall()
    assert len({row["error_fingerprint"] for row in before}) == 4
    migrate.down(database_url, steps_back())
    migrate.up(database_url)
    assert conn.execute(STORED).fetchall() == before
    assert verify(database_url) == []
