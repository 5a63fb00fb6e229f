"""A database with enough in it that plans are those of real life."""

import os
from collections.abc import Iterator

import psycopg
import pytest

from service.metrics.leader import fold_once
from tests.databases import janitor, url_of

FILL = """
INSERT INTO agents (name) SELECT 'agent ' || n FROM generate_series(1, 20) AS n;
INSERT INTO runs (run_id, received_on, agent_name, run_name, environment,
                  owner_is_root, owner_at, owner_event_id, created_at, started_at,
                  ended_at, last_event_at, session_id, user_id, version, tags)
SELECT md5('run' || n)::uuid, current_date + n % 35, 'agent ' || 1 + n % 20, 'run ' || n, 'test',
       true, now(), md5('event' || n)::uuid, t.at, t.at, t.at, t.at,
       's-' || n % 400, 'u-' || n % 100, '1.' || n % 4 || '.0', '{test, nightly}'
  FROM generate_series(1, 2000) AS n
 CROSS JOIN LATERAL (SELECT now() - (2000 - n) / 3 * interval '1 minute' AS at) AS t;
INSERT INTO events (received_on, run_id, event_id, agent_name, event_type, timestamp, is_error,
                    error_fingerprint, data, ingest_xid)
SELECT current_date + (1 + n % 2000) % 35, md5('run' || 1 + n % 2000)::uuid,
       md5('event' || n)::uuid, 'agent ' || n % 20, 'step',
       now() - n * interval '1 second', n % 50 = 0, CASE WHEN n % 50 = 0 THEN n % 7 END,
       jsonb_build_object('text', repeat(md5(n::text), 30)), '1'
  FROM generate_series(1, 40000) AS n;
INSERT INTO metric_deltas (quarter_hour, agent_name, event_type, model, events, cost,
                           latency_buckets, latency_counts)
SELECT date_bin('15 minutes', now(), '1970-01-01') - n % 90 * interval '1 day',
       'agent ' || n % 20, 'type ' || n % 5, 'model ' || n % 7, 1, 0.1,
       '{10,20,30}', '{1,1,1}'
  FROM generate_series(1, 20000) AS n;
INSERT INTO scores (run_id, score_id, name, kind, value_number, source, timestamp)
SELECT md5('run' || 1 + n % 2000)::uuid, 'score ' || n, 'name ' || n % 7, 'number', n % 10, 'api',
       now() - n * interval '1 minute'
  FROM generate_series(1, 10000) AS n;
VACUUM ANALYZE agents, runs, events, metric_deltas, scores;
"""
METRICS = (
    "daily_metrics, quarter_hour_metrics, daily_latency, quarter_hour_latency, "
    "daily_rollups, daily_latency_rollups, latency_rollups, metric_deltas, agent_totals"
)


@pytest.fixture(scope="module")
def filled_url(server_url: str, template: str) -> Iterator[str]:
    """A database with enough rows, and statistics, that plans are those of real life."""
    name = f"gati_test_filled_{os.getpid()}"
    with janitor(server_url, name, template):
        with psycopg.connect(url_of(server_url, name), autocommit=True) as conn:
            for statement in FILL.split(";"):
                conn.execute(statement)
            fold_once(url_of(server_url, name))
            conn.execute(f"VACUUM ANALYZE {METRICS}")
        yield url_of(server_url, name)


@pytest.fixture(scope="module")
def prepared_url(server_url: str, template: str) -> Iterator[str]:
    """A database in which statements are prepared, and none runs."""
    name = f"gati_test_prepared_{os.getpid()}"
    with janitor(server_url, name, template):
        yield url_of(server_url, name)
