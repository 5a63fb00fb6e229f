"""Every live view against a recount of events and runs, both in the snapshot of one transaction.

The recount owes nothing to the service: it finds quarter hours by division, buckets by the edges,
and the outcome and duration of a run from the run's events. It takes from metric_names which names
an agent has.
"""

from dataclasses import dataclass

from service.db.queries import Connection, Row
from tests.events import STATUS
from tests.events import TIMED as TIMED_EVENTS

PARTS = ("cached_tokens", "cache_write_tokens", "reasoning_tokens")
SUMS = ("events", "errors", "tokens_in", "tokens_out", "cost", "latency_us", *PARTS)
OF_RUNS = ("runs", "completed", "failed", "duration_us")
SUMS_AND_RUNS = (*SUMS, *OF_RUNS)
OF_AGENTS = tuple(name for name in SUMS_AND_RUNS if name not in PARTS)

QUARTER_HOUR = "to_timestamp(floor(extract(epoch FROM {}) / 900) * 900)"
# Every name counts as itself, until the agent has as many names of the kind as it may.
COUNTED_NAME = """
    CASE WHEN c.{0} <> ''
          AND (c.agent_name, '{0}', '(other)') IN (SELECT agent_name, kind, name FROM metric_names)
          AND (c.agent_name, '{0}', c.{0}) NOT IN (SELECT agent_name, kind, name FROM metric_names)
         THEN '(other)' ELSE c.{0} END"""
COUNTED = f"""
WITH outcome AS (
    SELECT r.run_id, r.agent_name, min(e.began_at) AS started_at,
           {STATUS} AS status,
           extract(epoch FROM max(e.ended_at) - min(e.began_at)) * 1000000 AS duration_us
      FROM runs AS r JOIN {TIMED_EVENTS} AS e ON e.run_id = r.run_id
     GROUP BY r.run_id
), single AS (
    SELECT r.agent_name, {QUARTER_HOUR.format("e.timestamp")} AS quarter_hour, e.event_type,
           coalesce(e.model, '') AS model, coalesce(e.tool, '') AS tool,
           width_bucket(e.latency_us, latency_edges()) AS latency_bucket,
           1 AS events, e.is_error::integer AS errors, coalesce(e.tokens_in, 0) AS tokens_in,
           coalesce(e.tokens_out, 0) AS tokens_out, coalesce(e.cost, 0) AS cost,
           coalesce(e.latency_us, 0) AS latency_us,
           {", ".join(f"coalesce(e.{name}, 0) AS {name}" for name in PARTS)},
           0 AS runs, 0 AS completed, 0 AS failed, 0::numeric AS duration_us
      FROM events AS e JOIN runs AS r ON r.run_id = e.run_id
     UNION ALL
    SELECT o.agent_name, {QUARTER_HOUR.format("o.started_at")}, '', '', '', NULL, 0, 0, 0, 0, 0, 0,
           0, 0, 0, 1, (o.status = 'completed')::integer, (o.status = 'failed')::integer,
           o.duration_us
      FROM outcome AS o
), cells AS MATERIALIZED (
    SELECT s.agent_name, s.quarter_hour, s.event_type, s.model, s.tool, s.latency_bucket,
           {", ".join(f"sum(s.{name}) AS {name}" for name in SUMS_AND_RUNS)}
      FROM single AS s
     GROUP BY 1, 2, 3, 4, 5, 6
), truth AS MATERIALIZED (
    SELECT c.agent_name, c.quarter_hour, (c.quarter_hour AT TIME ZONE 'UTC')::date AS day,
           {COUNTED_NAME.format("event_type")} AS event_type,
           {COUNTED_NAME.format("model")} AS model,
           {COUNTED_NAME.format("tool")} AS tool,
           c.latency_bucket, {", ".join(f"c.{name}" for name in SUMS_AND_RUNS)}
      FROM cells AS c
)"""
DIMENSIONS = """truth AS t CROSS JOIN LATERAL
    (VALUES ('all', '', true), ('agent', t.agent_name, true),
            ('event_type', t.event_type, t.event_type <> ''),
            ('model', t.model, t.event_type <> ''),
            ('tool', t.tool, t.event_type <> '')) AS d (dimension, name, has)"""
KEPT = "quarter_hour >= (SELECT quarter_hours_from FROM fold_state)"
TIMED = "latency_bucket IS NOT NULL"


@dataclass(frozen=True)
class View:
    """A live view: its key and values, and which rows of the truth it must add up to."""

    name: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    where: str = "true"  # of the truth
    only: str = "true"  # of the view
    source: str = "truth AS t"

    @property
    def statement(self) -> str:
        """The comparison; a row with zeros alone is as good as none."""
        key, sums = ", ".join(self.key), ", ".join(f"sum({name}) AS {name}" for name in self.values)
        pair = [", ".join(f"coalesce({side}.{v}, 0)" for v in self.values) for side in "lc"]
        return f"""{COUNTED}
SELECT count(*) AS rows,
       jsonb_agg(jsonb_build_object('live', to_jsonb(l), 'counted', to_jsonb(c)))
           FILTER (WHERE ROW({pair[0]}) IS DISTINCT FROM ROW({pair[1]})) AS different
  FROM (SELECT {key}, {", ".join(self.values)} FROM {self.name} WHERE {self.only}) AS l
  FULL JOIN (SELECT {key}, {sums} FROM {self.source} WHERE {self.where} GROUP BY {key}) AS c
 USING ({key})"""


OF_EVENT = ("event_type", "model", "tool")
LATENCY = (*OF_EVENT, "latency_bucket")
VIEWS = (
    View("agent_totals_live", ("agent_name",), OF_AGENTS),
    View("daily_totals_live", ("day",), SUMS_AND_RUNS),
    View("event_type_totals_live", ("event_type",), SUMS, "event_type <> ''"),
    View("model_totals_live", ("model",), SUMS, "event_type <> ''"),
    View(
        "daily_rollups_live", ("dimension", "name", "day"), SUMS_AND_RUNS, "has", source=DIMENSIONS
    ),
    View("daily_metrics_live", ("agent_name", "day", *OF_EVENT), SUMS_AND_RUNS),
    View(
        "quarter_hour_metrics_live",
        ("agent_name", "quarter_hour", *OF_EVENT),
        SUMS_AND_RUNS,
        KEPT,
        KEPT,
    ),
    View("daily_latency_live", ("agent_name", "day", *LATENCY), ("events",), TIMED),
    View(
        "quarter_hour_latency_live",
        ("agent_name", "quarter_hour", *LATENCY),
        ("events",),
        f"{TIMED} AND {KEPT}",
        KEPT,
    ),
    View(
        "daily_latency_rollups_live",
        ("dimension", "name", "day", "latency_bucket"),
        ("events",),
        f"has AND {TIMED}",
        source=DIMENSIONS,
    ),
    View(
        "latency_rollups_live",
        ("dimension", "name", "latency_bucket"),
        ("events",),
        f"has AND {TIMED}",
        source=DIMENSIONS,
    ),
)


def compare(conn: Connection, view: View) -> tuple[int, list[Row]]:
    """How many values of a view were compared, and the rows that differ."""
    row = conn.execute(view.statement).fetchone()
    assert row is not None
    return row["rows"] * len(view.values), row["different"] or []
