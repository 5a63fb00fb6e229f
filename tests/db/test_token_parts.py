"""0024.token-parts on a database in use: what ingest reads of `data` is counted of older events."""

from typing import Any

import pytest

from service.db import migrate
from service.db.queries import Connection
from service.metrics.leader import fold_once
from service.metrics.verify import verify
from tests.client import Client
from tests.events import differences, event, new_id
from tests.ingest.otlp.spans import new_span_id, new_trace, send, span

MIGRATION = "0024.token-parts"
PARTS = "cached_tokens, cache_write_tokens, reasoning_tokens"
STORED = {
    "events": f"SELECT event_id, {PARTS} FROM events ORDER BY event_id",
    "runs": f"SELECT run_id, {PARTS} FROM runs ORDER BY run_id",
}
# Numbers as clients write them, of each kind in each place; and what is none.
SAID: list[Any] = [
    40, 0, 1e3, 7.0, 2**40, "12", " 12\t", "+3", "1e3", "4.0", "5.", ".5e1", "1" * 13,
    2**40 + 1, 2.5, -1, 10**60, "1e99", "1" * 19, "", " ", ".", "x", "-1", "0x1f", "1_000", "NaN",
    "1" * 400, True, None, [], {"a": 1}, "5 6",
]  # fmt: skip
CALL = {"model": "m", "tokens_in": 100, "tokens_out": 50}


def steps_back() -> int:
    """How many migrations there are from MIGRATION on."""
    names = [migration.id for migration in migrate.known_migrations()]
    return len(names) - names.index(MIGRATION)


def usage(**said: int) -> dict[str, Any]:
    """The attributes of a call."""
    names = {f"gen_ai.usage.{name}": count for name, count in said.items()}
    return {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", **names}


def send_calls(client: Client) -> None:
    """Store a call for each number in each place; calls by spans, of which one repeats another."""
    run = new_id()
    for said in SAID:
        others = [
            {"cached_tokens": said},
            {"cache_read_tokens": said, "cached_tokens": 9},
            {"cache_write_tokens": said, "tokens_in": None},
            {"reasoning_tokens": said, "tool_name": "t"},
        ]
        client.send(*[event(run, "llm_call", data=CALL | other) for other in others])
    client.send(event(new_id(), data={"input": "no call", "tokens_in": 1}))
    trace, outer_id = new_trace(), new_span_id()
    used = usage(input_tokens=9, output_tokens=8, reasoning_tokens=5)
    cached = {"gen_ai.usage.cache_read.input_tokens": 4}
    send(
        client,
        span(trace, "outer", span_id=outer_id, attributes=used | cached),
        span(trace, "inner", parent=outer_id, attributes=used | cached),
    )


@pytest.mark.one_server("migrate down is for undistributed tables")
@pytest.mark.parametrize("is_folded", [True, False])
def test_what_is_stored_is_counted(
    client: Client, conn: Connection, database_url: str, is_folded: bool
) -> None:
    send_calls(client)
    if is_folded:
        fold_once(database_url)
    before = {name: conn.execute(statement).fetchall() for name, statement in STORED.items()}
    assert max(row["cached_tokens"] or 0 for row in before["events"]) == 2**40
    models = client.ok("/api/metrics/models")
    migrate.down(database_url, steps_back())
    migrate.up(database_url)
    conn.execute("DISCARD ALL")
    for name, statement in STORED.items():
        assert conn.execute(statement).fetchall() == before[name], name
    assert verify(database_url) == []
    assert differences(conn) == []
    fold_once(database_url)
    assert verify(database_url) == []
    assert client.ok("/api/metrics/models") == models
