"""0019.one-error-text on a database in use: stored first errors say what ingest says now."""

from typing import Any

import pytest

from service.db import migrate
from service.db.queries import Connection
from service.metrics.verify import verify
from tests.client import Client
from tests.events import event, new_id
from tests.ingest.otlp.spans import new_trace, send, span

MIGRATION = "0019.one-error-text"
STORED = "SELECT run_id, first_error FROM runs ORDER BY run_id"
# What clients send, and what the older rule read of it.
ERRORS: list[tuple[Any, dict[str, str | None]]] = [
    ({"error": 500}, {"type": None, "text": "error"}),
    ({"error": [{"type": "missing", "msg": "required"}]}, {"type": None, "text": "error"}),
    ({"error": "ValueError: no price"}, {"type": None, "text": "ValueError: no price"}),
    ({"error": {"type": "E", "message": "m"}}, {"type": "E", "text": "m"}),
    ({"status": "failed"}, {"type": None, "text": "error"}),
]


def steps_back() -> int:
    """How many migrations there are from MIGRATION on."""
    names = [migration.id for migration in migrate.known_migrations()]
    return len(names) - names.index(MIGRATION)


@pytest.mark.one_server("migrate down is for undistributed tables")
def test_first_errors_that_are_stored_are_read_again(
    client: Client, conn: Connection, database_url: str
) -> None:
    runs = {new_id(): older for _, older in ERRORS}
    for run, (data, _) in zip(runs, ERRORS, strict=True):
        client.send(event(run, data=data), event(run, seconds=1, data={"error": "later"}))
    client.send(event(new_id(), data={"output": "fine"}))
    send(client, span(new_trace(), status={"code": 2, "message": "timed out after 30 s"}))
    before = conn.execute(STORED).fetchall()
    migrate.down(database_url, steps_back())
    stored = {str(row["run_id"]): row["first_error"] for row in conn.execute(STORED).fetchall()}
    assert {run: stored[run] for run in runs} == runs
    migrate.up(database_url)
    assert conn.execute(STORED).fetchall() == before
    assert verify(database_url) == []
