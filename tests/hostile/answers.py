"""What makes answers large: events of numbers that print long, a large run, many agents."""

import http.client
import json
from contextlib import closing
from dataclasses import dataclass

from service.db.queries import Connection
from tests.events import event, new_id
from tests.service import Service

LONG_NAME = "n" * 210
BATCH = 1_000
COPY_EVENTS = """
INSERT INTO events (received_on, run_id, event_id, agent_name, event_type, timestamp,
                    is_error, data)
SELECT e.received_on, e.run_id, gen_random_uuid(), e.agent_name, e.event_type, e.timestamp,
       e.is_error, e.data
  FROM events AS e, generate_series(1, %s)
 WHERE e.run_id = %s
"""
COPY_RUNS = """
WITH made AS (
    INSERT INTO runs (run_id, received_on, agent_name, run_name, environment, started_at,
                      ended_at, last_event_at, event_count, owner_is_root, owner_at, owner_event_id)
    SELECT gen_random_uuid(), r.received_on, r.agent_name, 'copy ' || n, r.environment,
           r.started_at, r.ended_at, r.last_event_at, 1, r.owner_is_root,
           r.owner_at, r.owner_event_id
      FROM runs AS r, generate_series(1, %s) AS n
     WHERE r.run_id = %s
    RETURNING run_id, received_on, agent_name, started_at
)
INSERT INTO events (received_on, run_id, event_id, agent_name, event_type, timestamp,
                    is_error, data)
SELECT m.received_on, m.run_id, gen_random_uuid(), m.agent_name, 'step', m.started_at, false, '{}'
  FROM made AS m
"""


@dataclass(frozen=True)
class Fetched:
    """An answer of which no more than a bound was read."""

    status: int
    body: bytes
    link: str | None


def fetch(service: Service, path: str, most: int, headers: dict[str, str] | None = None) -> Fetched:
    """GET a path; read one byte more than `most` at the most."""
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return Fetched(answer.status, answer.read(most + 1), answer.getheader("Link"))


def huge_numbers(run_id: str, events: int, numbers: int) -> bytes:
    """Events of numbers that are 5 bytes as sent and 309 as PostgreSQL prints them."""
    values = b'{"a":[%b]}' % b",".join([b"1e308"] * numbers)
    bare = [json.dumps(event(run_id, data={"a": 0})).encode() for _ in range(events)]
    return b'{"events":[%b]}' % b",".join(e.replace(b'{"a": 0}', values) for e in bare)


def make_large_run(service: Service, conn: Connection, events: int) -> str:
    """A run of so many events of almost 1 MB each; they compress well."""
    run_id = new_id()
    one = event(run_id, data={"text": "x" * 1_000_000})
    assert service.post(json.dumps({"events": [one]}).encode()).status_code == 200
    conn.execute(COPY_EVENTS, [events - 1, run_id])
    conn.execute("UPDATE runs SET event_count = %s WHERE run_id = %s", [events, run_id])
    return run_id


def make_many(service: Service, count: int) -> None:
    """So many agents with long names, each with a run and a call of a model of its own."""
    for first in range(0, count, BATCH):
        events = [
            event(
                new_id(),
                "llm_call",
                agent_name=f"{LONG_NAME}{number:07}",
                data={"model": f"{LONG_NAME}{number:07}", "cost": 0.01, "latency_ms": 5},
            )
            for number in range(first, first + BATCH)
        ]
        answer = service.post(json.dumps({"events": events}).encode())
        assert (answer.status_code, answer.json()["inserted"]) == (200, BATCH), answer.text


def make_runs(service: Service, conn: Connection, count: int) -> None:
    """So many runs of one event."""
    run_id = new_id()
    assert service.post(json.dumps({"events": [event(run_id)]}).encode()).status_code == 200
    conn.execute(COPY_RUNS, [count, run_id])
    conn.execute("ANALYZE runs")
    conn.execute("ANALYZE events")
