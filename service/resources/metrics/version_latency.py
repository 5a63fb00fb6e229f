"""The list `versions` of /metrics/latency: percentiles of an agent's events by version.

Nothing counts events by version, so they are read: those of the runs that started in the window.
"""

from datetime import datetime

import falcon

from service.api.errors import ApiError
from service.api.parameters import bad_parameter
from service.db.queries import Connection, Row, queries
from service.resources.metrics.dimensions import Filters

MOST_RUNS, MOST_EVENTS = 20_000, 200_000  # of a window: reading them takes a second

Days = tuple[str, str]  # the first, and the first no more; dates, or infinity


def check_filters(filters: Filters) -> None:
    """Raise ApiError 400 without an agent: a version is one of an agent."""
    if "agent" not in filters:
        raise bad_parameter("agent", "is required with group_by=version")


def latency_of_versions(conn: Connection, filters: Filters, days: Days, limit: int) -> list[Row]:
    """Percentiles of the versions with the most events; raise ApiError 400 for too many runs."""
    window = {"from_at": days[0], "to_at": days[1]}
    found = queries.runs.search_window(
        conn, **window, agent=filters["agent"], run_limit=MOST_RUNS, event_limit=MOST_EVENTS
    ).fetchone()
    if found is not None:
        raise window_too_large(found["started_at"])
    queries.transactions.look_up(conn)
    rows = queries.metrics.version_latency(conn, **window, **filters, row_limit=limit)
    return [{"version": row.pop("name") or None, **row} for row in rows]


def window_too_large(reached: datetime) -> ApiError:
    """The error for a window of which only the runs started after `reached` can be read."""
    text = (
        f"With group_by=version the agent may have {MOST_RUNS:,} runs and {MOST_EVENTS:,} events "
        f"between `from` and `to`, and has more. Set `from` after {reached.isoformat()}."
    )
    return ApiError(falcon.HTTP_400, "window_too_large", text, parameter="from", stopped_at=reached)
