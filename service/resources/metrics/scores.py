"""/metrics/scores: counts, averages and shares of scores, by name and what else is asked for.

They are computed from the scores themselves, so they are exact in the snapshot of each answer.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import falcon
import psycopg

from service.api.pagination.scan import too_slow
from service.api.parameters import (
    allow_parameters,
    bad_parameter,
    bounded_text,
    integer,
    optional_choice,
    optional_text,
    time_range,
)
from service.api.policy import READ, Policy
from service.api.resource import DatabaseResource
from service.config import MEGABYTE
from service.db.queries import Connection, Row, is_distributed, queries
from service.ingest.scores.score import MAX_NAME, SOURCES
from service.resources.metrics.summary import stamp

DEFAULT_DAYS = 30
DEFAULT_GROUPS, MAX_GROUPS = 1_000, 10_000
MAX_CATEGORIES = 20  # of a group
MOST_BYTES = 16 * MEGABYTE  # of categories as printed; a control character is six
MOST_LOOKED_UP = 6_000  # runs of an agent
DIMENSIONS = {
    "agent": "agent_name",
    "version": "version",
    "day": "day",
}  # -> column; by name it is always
PARAMETERS = {"agent", "version", "name", "source", "group_by", "from", "to", "limit"}
ALMOST_A_DAY = timedelta(days=1) - timedelta(microseconds=1)


class Window(NamedTuple):
    """Whole days in UTC."""

    from_day: date
    to_day: date  # the first no more


class ScoreMetrics(DatabaseResource):
    """What scores come to."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with a group for each name and kind, and each agent, version and day if asked."""
        allow_parameters(req, PARAMETERS)
        window, dimensions = read_window(req, datetime.now(UTC)), read_dimensions(req)
        limit = integer(req, "limit", DEFAULT_GROUPS, low=1, clamp=MAX_GROUPS)
        filters = {
            "agent": optional_text(req, "agent"),
            "version": optional_text(req, "version"),
            "name": bounded_text(req, "name", MAX_NAME),
            "source": optional_choice(req, "source", SOURCES),
        }
        try:
            seconds = self._database.read_timeout_seconds / 2
            with self._database.searching(seconds, planned_once=True) as conn:
                state = queries.metrics.state(conn)
                of_few = is_of_few(conn, filters["agent"])
                if not of_few:
                    queries.transactions.plan_for_sums(conn)
                rows = queries.metrics.scores.planned(
                    conn,
                    **window._asdict(),
                    **filters,
                    **{f"by_{name}": name in dimensions or None for name in DIMENSIONS},
                    of_few=of_few or None,
                    category_limit=MAX_CATEGORIES,
                    row_limit=limit + 1,
                    byte_limit=MOST_BYTES,
                )
                stamp(resp, state)
                found = rows.fetchall()
        except psycopg.errors.QueryCanceled:
            raise too_slow() from None
        shown = [row for row in found[:limit] if row["bytes_so_far"] <= MOST_BYTES]
        resp.media = {
            "from": window.from_day,
            "to": window.to_day,
            "group_by": ["name", *dimensions],
            "groups": [present(row, dimensions) for row in shown],
            "truncated": len(found) > len(shown),
        }


def is_of_few(conn: Connection, agent: str | None) -> bool:
    """Whether scores are looked up by the runs of the agent: each costs 1 µs, with scores or not.

    Else by their days, or as the planner wants: all of 20,000 scores took 6 ms.
    """
    if agent is None or is_distributed(conn):
        return False
    found = queries.sessions.exceeds(conn, agent=agent, run_limit=MOST_LOOKED_UP).fetchall()
    return found[0]["exceeds"] is False


def read_window(req: falcon.Request, now: datetime) -> Window:
    """The parameters `from` and `to`, rounded to whole days; the last 30 days without them."""
    from_at, to_at = time_range(req, UTC)
    to_day = ((to_at or now) + ALMOST_A_DAY).date()
    from_day = from_at.date() if from_at else to_day - timedelta(days=DEFAULT_DAYS)
    if from_day >= to_day:
        raise bad_parameter("from", "must be before `to`")
    return Window(from_day, to_day)


def read_dimensions(req: falcon.Request) -> list[str]:
    """The parameter `group_by`: names of dimensions, with commas between them."""
    text = optional_text(req, "group_by") or "name"
    names = text.split(",")
    if not {*names} <= {"name", *DIMENSIONS}:
        known = ", ".join(["name", *DIMENSIONS])
        raise bad_parameter("group_by", f"must be one or more of {known}, with commas between them")
    return [name for name in DIMENSIONS if name in names]


def present(row: Row, dimensions: list[str]) -> dict[str, Any]:
    """A group as clients see it: a category has no average, all else no categories."""
    columns = [DIMENSIONS[name] for name in dimensions]
    group = {
        "name": row["name"],
        "kind": row["kind"],
        **{column: row[column] or None for column in columns},  # an empty version is none
        "count": row["scores"],
        "sum": row["value_sum"],
        "average": row["average"],
        "minimum": row["minimum"],
        "maximum": row["maximum"],
        "categories": row["categories"],
    }
    if row["category_count"] > MAX_CATEGORIES:
        group["categories_omitted"] = row["category_count"] - MAX_CATEGORIES
    return group
