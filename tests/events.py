"""Events for tests, and the recount that says whether what is stored is consistent."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from service.db.queries import Connection, Row

Event = dict[str, Any]

START = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def new_id() -> str:
    """A fresh UUID."""
    return str(uuid.uuid4())


def at(seconds: float) -> str:
    """A timestamp that many seconds after noon."""
    return (START + timedelta(seconds=seconds)).isoformat()


def event(run_id: str, event_type: str = "step", seconds: float = 0, **fields: Any) -> Event:
    """One good event; `fields` replaces or adds."""
    return {
        "event_id": new_id(),
        "run_id": run_id,
        "agent_name": "agent",
        "event_type": event_type,
        "timestamp": at(seconds),
        "data": {},
        **fields,
    }


LASTED = "make_interval(secs => coalesce(latency_us, 0) / 1e6)"
TIMED = f"""(SELECT *,
                    timestamp - stamped_at_end::integer * {LASTED} AS began_at,
                    timestamp + (NOT stamped_at_end)::integer * {LASTED} AS ended_at
               FROM events)"""
# How the run `r` ended, by its events: the ends of inner agents do not count.
STATUS = """(SELECT CASE WHEN bool_or(n.is_error) THEN 'failed' WHEN count(*) > 0 THEN 'completed'
                    ELSE 'active' END
               FROM events AS n
              WHERE n.received_on = r.received_on AND n.run_id = r.run_id
                AND n.event_type = 'agent_end'
                AND NOT EXISTS (SELECT FROM events AS s
                                 WHERE s.received_on = n.received_on AND s.run_id = n.run_id
                                   AND s.event_id IN (n.previous_event_id, n.parent_event_id)
                                   AND s.event_type = 'agent_start'
                                   AND (s.event_id <> r.owner_event_id OR NOT r.owner_is_root)))"""
RECOUNT = f"""
WITH said AS (
    SELECT r.run_id, r.event_count, r.error_count, r.total_cost, r.tokens_in, r.tokens_out,
           r.cached_tokens, r.cache_write_tokens, r.reasoning_tokens,
           r.duration_us, r.status, r.started_at, r.ended_at, r.last_event_at
      FROM runs AS r
), counted AS (
    SELECT r.run_id, count(*) AS event_count, count(*) FILTER (WHERE e.is_error) AS error_count,
           coalesce(sum(e.cost), 0) AS total_cost, coalesce(sum(e.tokens_in), 0) AS tokens_in,
           coalesce(sum(e.tokens_out), 0) AS tokens_out,
           coalesce(sum(e.cached_tokens), 0) AS cached_tokens,
           coalesce(sum(e.cache_write_tokens), 0) AS cache_write_tokens,
           coalesce(sum(e.reasoning_tokens), 0) AS reasoning_tokens,
           (extract(epoch FROM max(e.ended_at) - min(e.began_at)) * 1000000)::bigint
               AS duration_us,
           {STATUS} AS status,
           min(e.began_at) AS started_at, max(e.ended_at) AS ended_at,
           max(e.timestamp) AS last_event_at
      FROM runs AS r JOIN {TIMED} AS e ON e.run_id = r.run_id
     GROUP BY r.run_id
)
SELECT to_jsonb(s) AS said, to_jsonb(c) AS counted
  FROM said AS s
  FULL JOIN counted AS c USING (run_id)
 WHERE to_jsonb(s) IS DISTINCT FROM to_jsonb(c)
"""


def differences(conn: Connection) -> list[Row]:
    """Runs whose totals are not those of their events, and events without a run."""
    return conn.execute(RECOUNT).fetchall()
