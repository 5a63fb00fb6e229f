"""/metrics/timeseries: one metric by hour or day, by agent, model, event type or tool."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

import falcon

from service.api.errors import ApiError
from service.api.parameters import allow_parameters, bad_parameter, choice, integer
from service.api.policy import READ, Policy
from service.api.resource import DatabaseResource
from service.db.queries import Connection, Row, queries
from service.metrics.latency_buckets import ERROR_BOUND
from service.resources.metrics.dimensions import (
    DEFAULT_GROUPS,
    DIMENSIONS,
    MAX_GROUPS,
    Filters,
    choices_of,
    read_filters,
    single_dimension,
)
from service.resources.metrics.summary import stamp
from service.resources.metrics.time_window import Point, Window, axis, check_kept, read_window

UNITS = {
    "events": "events",
    "runs": "runs",
    "cost": "usd",
    "tokens_in": "tokens",
    "tokens_out": "tokens",
    "errors": "events",
    "latency_p50": "ms",
    "latency_p95": "ms",
    "latency_p99": "ms",
}
VERSION = "version"  # of runs: no dimension of events
PERCENTILES = {"latency_p50": "p50_ms", "latency_p95": "p95_ms", "latency_p99": "p99_ms"}

MOST_POINTS = 200_000  # in an answer, of about 50 bytes each
PARAMETERS = {"metric", "interval", "group_by", "from", "to", "tz", "limit", *DIMENSIONS}


@dataclass(frozen=True)
class Question:
    """The requested metric, grouping and filters."""

    metric: str
    group_by: str  # empty: all together
    filters: Filters
    limit: int

    @property
    def values(self) -> dict[str, Any]:
        """The query parameters of the metric: a sum or a percentile."""
        if self.metric in PERCENTILES:
            return {"percentile": PERCENTILES[self.metric]}
        return {"metric": self.metric, "counted": "runs" if self.metric == "runs" else "events"}

    @property
    def choices(self) -> dict[str, str | None]:
        """The query parameters of grouping and filters, None if absent."""
        return choices_of(self.group_by, self.filters)


class Timeseries(DatabaseResource):
    """A metric over time."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with a series per group; empty hours and days are 0."""
        allow_parameters(req, PARAMETERS)
        question = read_question(req)
        with self._database.snapshot() as conn:
            state = stamp(resp, queries.metrics.state(conn))
            window = read_window(req, state["asked_at"])
            points = axis(conn, window)
            check_kept(window, points[0], state["quarter_hours_from"])
            most_groups = MOST_POINTS // (len(points) - 1)
            # One more group than is answered, to know whether there is one.
            row_limit = min(question.limit, most_groups) + 1
            rows = read_rows(conn, question, window, points, row_limit)
        groups = grouped(question, rows)
        if len(groups) > most_groups and question.limit > most_groups:
            raise too_many_points(most_groups)
        resp.media = present(question, window, points, groups)


def grouped(question: Question, rows: list[Row]) -> dict[str, list[Row]]:
    """The rows of each group, largest first; without `group_by` of one group, also of no rows."""
    if not question.group_by:
        return {"": rows}
    return {name: list(found) for name, found in groupby(rows, lambda row: row["name"])}


def too_many_points(most_groups: int) -> ApiError:
    """The error for an answer of more than MOST_POINTS points, and what to change."""
    text = (
        f"The answer would have more than {MOST_POINTS} points. Ask for fewer groups (of this "
        f"window limit={most_groups} fits), for a shorter window, or for days in place of hours."
    )
    return ApiError(falcon.HTTP_413, "too_many_points", text, limit=MOST_POINTS)


def present(
    question: Question, window: Window, points: list[Point], groups: dict[str, list[Row]]
) -> Row:
    """The response: the parameters, and the series, largest first."""
    names = list(groups)
    bound = {"error_bound": ERROR_BOUND} if question.metric in PERCENTILES else {}
    return {
        "metric": question.metric,
        "unit": UNITS[question.metric],
        "interval": window.interval,
        "tz": str(window.zone),
        "from": points[0].at,
        "to": points[-1].at,
        "group_by": question.group_by or None,
        "series": [
            {"group": name or None, "points": filled(points[:-1], groups[name])}
            for name in names[: question.limit]
        ],
        "truncated": len(names) > question.limit,
        **bound,
    }


def filled(points: list[Point], rows: list[Row]) -> list[Row]:
    """A point for each hour or day, 0 without a row."""
    values = {row["at"]: row["value"] for row in rows}
    return [{"timestamp": at, "value": values.get(period, 0)} for at, period in points]


def read_question(req: falcon.Request) -> Question:
    """Read the parameters but for the window; raise ApiError 400 for invalid combinations."""
    question = Question(
        metric=choice(req, "metric", UNITS, "events"),
        group_by=choice(req, "group_by", (*DIMENSIONS, VERSION), "")
        if "group_by" in req.params
        else "",
        filters=read_filters(req),
        limit=integer(req, "limit", DEFAULT_GROUPS, low=1, clamp=MAX_GROUPS),
    )
    if question.metric == "runs" and {question.group_by, *question.filters} - {
        "",
        "agent",
        VERSION,
    }:
        raise bad_parameter(
            "metric", "goes with agent alone: a run has no model, event type or tool"
        )
    if question.group_by == VERSION and {*question.filters} - {"agent"}:
        raise bad_parameter("group_by", "version goes with agent alone: it groups runs")
    return question


def read_rows(
    conn: Connection, question: Question, window: Window, points: list[Point], row_limit: int
) -> list[Row]:
    """The values of the largest `row_limit` groups, from the smallest table that has them.

    Rows of name, at, value.
    """
    is_sum = question.metric not in PERCENTILES
    params = question.values | {
        "from_at": points[0].at,
        "to_at": points[-1].at,
        "row_limit": row_limit,
    }
    if question.group_by == VERSION:
        return read_versions(conn, question, window, params)
    dimension = single_dimension(question.group_by, question.filters)
    if not window.is_of_days:
        by_quarter_hour = (
            queries.metrics.series_by_quarter_hour
            if is_sum
            else queries.metrics.latency_by_quarter_hour
        )
        params |= {"interval": window.interval, "tz": window.zone}
        return by_quarter_hour(conn, **params, **question.choices).fetchall()
    if dimension is None:
        filtered = (
            queries.metrics.filtered_series_by_day
            if is_sum
            else queries.metrics.filtered_latency_by_day
        )
        return filtered(conn, **params, **question.choices).fetchall()
    by_day = queries.metrics.series_by_day if is_sum else queries.metrics.latency_by_day
    name = question.filters.get(dimension)
    return by_day(conn, **params, dimension=dimension, name=name).fetchall()


def read_versions(
    conn: Connection, question: Question, window: Window, params: dict[str, Any]
) -> list[Row]:
    """The values by version: of the runs that started in each hour or day."""
    params = {name: value for name, value in params.items() if name != "counted"} | {
        "interval": window.interval,
        "tz": window.zone,
        "agent": question.filters.get("agent"),
    }
    is_sum = question.metric not in PERCENTILES
    by_version = queries.metrics.version_series if is_sum else queries.metrics.version_durations
    return by_version(conn, **params).fetchall()
