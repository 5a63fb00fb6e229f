"""A database whose runs were never counted: a repair counts all of them into the metrics."""

import psycopg
import pytest

from service.db import migrate
from service.metrics.leader import fold_once
from service.metrics.verify import repair, verify
from tests.client import Client

# As a service without metrics would leave it: runs of three agents over 40 days, on two received
# days, with models, errors and latencies or without, and totals that are those of their events.
FILL = """
INSERT INTO agents (name) SELECT 'agent ' || n FROM generate_series(0, 2) AS n;
INSERT INTO agents (name) VALUES ('without runs');
INSERT INTO runs (run_id, received_on, agent_name, run_name, environment, created_at,
                  owner_is_root, owner_at, owner_event_id, started_at, ended_at, last_event_at)
SELECT md5('run' || n)::uuid, date '2026-11-01' + n % 2, 'agent ' || n % 3, 'run ' || n, 'test',
       timestamptz '2026-11-01 12:00:00+00' + n * interval '7 minutes', true, now(),
       md5('event' || n)::uuid, now(), now(), now()
  FROM generate_series(0, 59) AS n;
INSERT INTO events (received_on, run_id, event_id, agent_name, event_type, timestamp, model,
                    tokens_in, tokens_out, cost, cost_source, latency_us, is_error, data,
                    ingest_xid)
SELECT date '2026-11-01' + n % 60 % 2, md5('run' || n % 60)::uuid, md5('event' || n)::uuid,
       'says otherwise', (array['agent_start', 'llm_call', 'tool_call', 'agent_end'])[1 + n % 4],
       timestamptz '2026-10-01 00:00:00+00' + n * interval '29 minutes 1.000001 seconds',
       (array['gpt-4o', NULL, 'it''s'])[1 + n % 3], nullif(n % 5, 0), n % 7,
       CASE WHEN n % 4 > 0 THEN 0.1 * (n % 11) + 0.000000001 END,
       CASE WHEN n % 4 > 0 THEN 'client' END,
       CASE WHEN n % 3 > 0 THEN (n::bigint * n * n) % 9999999999 END, n % 13 = 0, '{}', '1'
  FROM generate_series(0, 1999) AS n;
UPDATE runs AS r
   SET event_count = c.events, error_count = c.errors, total_cost = c.cost, tokens_in = c.tokens_in,
       tokens_out = c.tokens_out, started_at = c.first, ended_at = c.last,
       last_event_at = c.last,
       duration_us = (extract(epoch FROM c.last - c.first) * 1000000)::bigint, status = c.status
  FROM (SELECT e.run_id, count(*) AS events, count(*) FILTER (WHERE e.is_error) AS errors,
               coalesce(sum(e.cost), 0) AS cost, coalesce(sum(e.tokens_in), 0) AS tokens_in,
               coalesce(sum(e.tokens_out), 0) AS tokens_out,
               min(e.timestamp - coalesce(e.latency_us, 0) * interval '1 microsecond') AS first,
               max(e.timestamp) AS last,
               CASE WHEN bool_or(e.is_error AND e.event_type IN ('agent_end', 'error'))
                    THEN 'failed'
                    WHEN bool_or(e.event_type = 'agent_end') THEN 'completed'
                    ELSE 'active' END AS status
          FROM events AS e
         GROUP BY e.run_id) AS c
 WHERE c.run_id = r.run_id;
"""


@pytest.fixture
def old_database_url(empty_database_url: str) -> str:
    """A database that was filled without metrics, and then repaired."""
    migrate.up(empty_database_url)
    with psycopg.connect(empty_database_url, options="-c timezone=Asia/Kathmandu") as conn:
        conn.execute(FILL.encode())
    repair(empty_database_url, verify(empty_database_url))
    return empty_database_url


def test_what_was_stored_before_is_in_the_metrics(old_database_url: str) -> None:
    assert verify(old_database_url) == []


def test_the_first_answer_after_the_repair_has_every_event(old_database_url: str) -> None:
    with Client.of(old_database_url) as client:
        summary = client.ok("/metrics/summary")
        assert (summary["total_agents"], summary["total_runs"]) == (4, 60)
        assert summary["total_events"] == 2000
        assert client.ok("/metrics/latency")["overall"]["events"] == 1333
        assert [one["runs"] for one in summary["top_agents_by_runs"]] == [20, 20, 20]


def test_deletes_of_what_was_stored_before_lead_to_zero(old_database_url: str) -> None:
    with Client.of(old_database_url) as client:
        for n in range(3):
            client.ok(f"/api/agents/agent%20{n}", "DELETE")
        summary = client.ok("/metrics/summary")
    assert (summary["total_events"], summary["total_cost"]) == (0, 0)
    assert verify(old_database_url) == []


def test_an_empty_database_has_nothing_to_count(empty_database_url: str) -> None:
    migrate.up(empty_database_url)
    assert verify(empty_database_url) == []
    assert fold_once(empty_database_url).deltas == 0
