"""0009.times on a database in use: runs and metrics come out as if stored after it."""

import pytest

from service.db import migrate
from service.metrics.leader import fold_once
from service.metrics.verify import verify
from tests.client import Client
from tests.events import event, new_id
from tests.ingest.otlp.spans import new_span_id, new_trace, send, span
from tests.metrics.recount import mixed
from tests.writer.test_run_outcome import AGENT, BAD, GOOD, nested

MIGRATION = "0009.times"
SHOWN = ("status", "started_at", "ended_at", "last_event_at", "total_duration_ms")
METRICS = (
    "/metrics/summary",
    "/metrics/agents-comparison",
    "/metrics/timeseries?metric=runs&from=2026-10-01&to=2026-12-31",
)


def fill(client: Client, url: str) -> None:
    """Store runs of every kind, half of them folded."""
    client.send(*mixed())
    fold_once(url)
    for inner, outer in ((BAD, GOOD), (GOOD, BAD), (GOOD, None)):
        client.send(*nested(new_id(), inner, outer))
    client.send(event(new_id(), "llm_call", 5, data={"latency_ms": 5000}))
    client.send(event(new_id(), "agent_end", 5, previous_event_id=new_id()))
    client.send(event(new_id(), "error", 5, data=BAD))
    trace, root = new_trace(), new_span_id()
    send(client, span(trace, span_id=root, seconds=1, attributes=AGENT))
    send(client, span(trace, parent=root, at=0.5, seconds=5))


def answers(url: str) -> list[object]:
    """What the service says of runs and metrics."""
    with Client.of(url) as client:
        runs = client.ok("/api/runs?limit=1000")["runs"]
        found: list[object] = [{name: run[name] for name in SHOWN} for run in runs]
        return found + [client.ok(path) for path in METRICS]


def steps_back() -> int:
    """How many migrations there are from MIGRATION on."""
    names = [migration.id for migration in migrate.known_migrations()]
    return len(names) - names.index(MIGRATION)


@pytest.mark.one_server("migrate down is for undistributed tables")
def test_what_is_stored_is_counted_anew(database_url: str) -> None:
    with Client.of(database_url) as client:
        fill(client, database_url)
    before = answers(database_url)
    migrate.down(database_url, steps_back())
    migrate.up(database_url)
    assert answers(database_url) == before
    assert verify(database_url) == []
    fold_once(database_url)
    assert answers(database_url) == before
    assert verify(database_url) == []
