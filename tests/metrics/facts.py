"""What every metric has to be: a recount of events and runs, and its difference to the live views.

Written apart from the service: it reads events and runs themselves, never the view run_metrics.
"""

from service.queries import Connection, Row

OF_EVENTS = ["events", "errors", "tokens_in", "tokens_out", "cost", "latency_us"]
SUMS = [*OF_EVENTS, "runs", "completed", "failed", "duration_us"]

FACTS = """
WITH per_run AS (
    SELECT e.run_id,
           (extract(epoch FROM max(e.timestamp) - min(e.timestamp)) * 1000000)::bigint AS duration,
           bool_or(e.event_type = 'agent_end') AS ended,
           bool_or(e.is_error AND e.event_type IN ('agent_end', 'error')) AS failed
      FROM events AS e
     GROUP BY e.run_id
), facts AS MATERIALIZED (
    SELECT r.agent_name, date_bin('15 minutes', e.timestamp, '1970-01-01 00:00+00') AS quarter_hour,
           e.event_type, coalesce(e.model, '') AS model,
           width_bucket(e.latency_us, latency_edges()) AS latency_bucket,
           count(*) AS events, count(*) FILTER (WHERE e.is_error) AS errors,
           coalesce(sum(e.tokens_in), 0) AS tokens_in, coalesce(sum(e.tokens_out), 0) AS tokens_out,
           coalesce(sum(e.cost), 0) AS cost, coalesce(sum(e.latency_us), 0) AS latency_us,
           0 AS runs, 0 AS completed, 0 AS failed, 0::numeric AS duration_us
      FROM events AS e
      JOIN runs AS r ON r.run_id = e.run_id
     GROUP BY 1, 2, 3, 4, 5
     UNION ALL
    SELECT r.agent_name, date_bin('15 minutes', r.created_at, '1970-01-01 00:00+00'), '', '', NULL,
           0, 0, 0, 0, 0, 0,
           1, (p.ended AND NOT p.failed)::integer, p.failed::integer, p.duration
      FROM runs AS r
      JOIN per_run AS p ON p.run_id = r.run_id
)
"""
DAY = "(quarter_hour AT TIME ZONE 'UTC')::date"
IS_EVENT, HAS_LATENCY = "event_type <> ''", "latency_bucket IS NOT NULL"
DIMENSIONS = {"all": "''", "agent": "agent_name", "event_type": "event_type", "model": "model"}

# view -> its keys as expressions over facts, the sums it has, which rows of it, which of facts
VIEWS = {
    "agent_totals_live": (["agent_name"], SUMS, "true", "true"),
    "daily_totals_live": ([f"{DAY} AS day"], SUMS, "true", "true"),
    "event_type_totals_live": (["event_type"], OF_EVENTS, "true", IS_EVENT),
    "model_totals_live": (["model"], OF_EVENTS, "true", IS_EVENT),
    "daily_metrics_live": (
        ["agent_name", f"{DAY} AS day", "event_type", "model"],
        SUMS,
        "true",
        "true",
    ),
    "quarter_hour_metrics_live": (
        ["agent_name", "quarter_hour", "event_type", "model"],
        SUMS,
        "true",
        "true",
    ),
    "daily_latency_live": (
        ["agent_name", f"{DAY} AS day", "event_type", "model", "latency_bucket"],
        ["events"],
        "true",
        HAS_LATENCY,
    ),
    "quarter_hour_latency_live": (
        ["agent_name", "quarter_hour", "event_type", "model", "latency_bucket"],
        ["events"],
        "true",
        HAS_LATENCY,
    ),
}


def comparisons() -> dict[str, str]:
    """One statement per view, and per dimension of the rollups: what it has more than it should."""
    found = {view: statement(view, *parts) for view, parts in VIEWS.items()}
    for dimension, name in DIMENSIONS.items():
        keys = [f"'{dimension}' AS dimension", f"{name} AS name"]
        rows = f"dimension = '{dimension}'"
        facts = "true" if dimension in {"all", "agent"} else IS_EVENT
        found[f"daily_rollups_live {dimension}"] = statement(
            "daily_rollups_live", [*keys, f"{DAY} AS day"], SUMS, rows, facts
        )
        found[f"latency_rollups_live {dimension}"] = statement(
            "latency_rollups_live", [*keys, "latency_bucket"], ["events"], rows, HAS_LATENCY
        )
        found[f"daily_latency_rollups_live {dimension}"] = statement(
            "daily_latency_rollups_live",
            [*keys, f"{DAY} AS day", "latency_bucket"],
            ["events"],
            rows,
            HAS_LATENCY,
        )
    return found


def statement(view: str, keys: list[str], sums: list[str], rows: str, facts: str) -> str:
    """The rows in which a view and the facts do not cancel each other out."""
    names = ", ".join(key.split(" AS ")[-1] for key in keys)
    stored, counted = ", ".join(sums), ", ".join(f"-{name}" for name in sums)
    totals = ", ".join(f"sum({name}) AS {name}" for name in sums)
    zeros = " OR ".join(f"sum({name}) <> 0" for name in sums)
    return (
        f"{FACTS} SELECT {names}, {totals} FROM ("
        f"SELECT {names}, {stored} FROM {view} WHERE {rows}"
        f" UNION ALL SELECT {', '.join(keys)}, {counted} FROM facts WHERE {facts}"
        f") AS both_sides GROUP BY {names} HAVING {zeros}"
    )


COMPARISONS = comparisons()


def untrue(conn: Connection) -> list[tuple[str, Row]]:
    """All that the live views say otherwise than the facts do, in one snapshot of the connection.

    The connection's transactions must be REPEATABLE READ; this one ends here.
    """
    with conn.transaction():
        return [(name, row) for name, sql in COMPARISONS.items() for row in conn.execute(sql)]
