"""/metrics/timeseries: one metric by hour or day, by agent, model or event type."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import falcon
import psycopg

from service.database import Database
from service.latency import ERROR_BOUND
from service.parameters import (
    allow_parameters,
    bad_parameter,
    choice,
    moment,
    no_time_zone,
    optional_text,
    time_zone,
    whole_number,
)
from service.queries import Connection, Row, queries
from service.resources.metrics import stamp

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
PERCENTILES = {"latency_p50": 50, "latency_p95": 95, "latency_p99": 99}
DIMENSIONS = {"agent": "agent_name", "model": "model", "event_type": "event_type"}  # -> column
DEFAULT_WINDOW = {"hour": timedelta(hours=24), "day": timedelta(days=30)}
LONGEST_WINDOW_OF_QUARTER_HOURS = timedelta(days=92)
LONGEST_WINDOW = timedelta(days=3_660)
DEFAULT_GROUPS, MAX_GROUPS = 20, 1000

PARAMETERS = {"metric", "interval", "group_by", "from", "to", "tz", "limit", *DIMENSIONS}

Filters = dict[str, str]


@dataclass(frozen=True)
class Question:
    """What is asked: a metric, by which groups, of which agent, model or event type."""

    metric: str
    group_by: str  # empty: all together
    filters: Filters
    limit: int

    @property
    def values(self) -> dict[str, Any]:
        """The parameters that say what to compute: a sum, or a percentile."""
        if self.metric in PERCENTILES:
            return {"percent": PERCENTILES[self.metric]}
        return {"metric": self.metric, "counted": "runs" if self.metric == "runs" else "events"}

    @property
    def choices(self) -> dict[str, str | None]:
        """The column to group by and the filters, None for what is not given."""
        return choices_of(self.group_by, self.filters)


@dataclass(frozen=True)
class Window:
    """From when to when, and in hours or days of which time zone."""

    from_at: datetime  # in UTC, as is the next
    to_at: datetime
    interval: str
    zone: ZoneInfo

    @property
    def is_of_days(self) -> bool:
        """Whether days in UTC answer it; else quarter hours do."""
        return self.interval == "day" and str(self.zone) == "UTC"

    @property
    def length(self) -> timedelta:
        """How long it is by the local clock, whose days all have 24 hours."""
        return self.to_at.astimezone(self.zone) - self.from_at.astimezone(self.zone)


class Point(NamedTuple):
    """Where an hour or day begins, and what date_trunc makes of any moment in it.

    The two differ where the clocks show a midnight twice (Havana): date_trunc gives the second.
    """

    at: datetime
    period: datetime


class Timeseries:
    """A metric over time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with a series per group; hours and days in which nothing happened are 0."""
        allow_parameters(req, PARAMETERS)
        question = read_question(req)
        with self._database.reading() as conn:
            state = stamp(resp, queries.metrics.state(conn))
            window = read_window(req, state["as_of"])
            points = axis(conn, window)
            check_kept(window, points[0], state["quarter_hours_from"])
            rows = read_rows(conn, question, window, points)
        resp.media = present(question, window, points, rows)


def present(question: Question, window: Window, points: list[Point], rows: list[Row]) -> Row:
    """The answer: what was asked, and the series, the largest first."""
    groups = {name: list(found) for name, found in groupby(rows, lambda row: row["name"])}
    if not question.group_by:
        groups = {"": rows}
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
    """A point for each hour or day, 0 where there is no row."""
    values = {row["at"]: row["value"] for row in rows}
    return [{"timestamp": at, "value": values.get(period, 0)} for at, period in points]


def read_question(req: falcon.Request) -> Question:
    """The parameters but for the window; raise ApiError 400 for what does not go together."""
    question = Question(
        metric=choice(req, "metric", UNITS, "events"),
        group_by=choice(req, "group_by", DIMENSIONS, "") if "group_by" in req.params else "",
        filters=read_filters(req),
        limit=whole_number(req, "limit", DEFAULT_GROUPS, low=1, clamp=MAX_GROUPS),
    )
    if question.metric == "runs" and {question.group_by, *question.filters} - {"", "agent"}:
        raise bad_parameter("metric", "goes with agent alone: a run has no model or event type")
    return question


def read_filters(req: falcon.Request) -> Filters:
    """The agent, model and event type that the answer is limited to."""
    found = {name: optional_text(req, name) for name in DIMENSIONS}
    return {name: value for name, value in found.items() if value is not None}


def read_window(req: falcon.Request, now: datetime) -> Window:
    """The window; by default up to now, the last 24 hours or 30 days.

    Raises ApiError 400 for one that is empty or too long.
    """
    zone = time_zone(req, "tz")
    interval = choice(req, "interval", DEFAULT_WINDOW, "day")
    to_at = moment(req, "to", zone) or now.astimezone(UTC)
    from_at = moment(req, "from", zone) or default_start(to_at, interval, zone)
    window = Window(from_at, to_at, interval, zone)
    check_window(window)
    return window


def default_start(to_at: datetime, interval: str, zone: ZoneInfo) -> datetime:
    """In the first of the last 24 hours or 30 days; days are those of the local clock."""
    if interval == "hour":
        return to_at - DEFAULT_WINDOW[interval] + timedelta(hours=1)
    local = to_at.astimezone(zone) - DEFAULT_WINDOW[interval] + timedelta(days=1)
    return local.astimezone(UTC)


def check_window(window: Window) -> None:
    """Raise ApiError 400 for a window that is empty or too long."""
    if window.from_at >= window.to_at:
        raise bad_parameter("from", "lies before `to`")
    longest = LONGEST_WINDOW if window.is_of_days else LONGEST_WINDOW_OF_QUARTER_HOURS
    if window.length > longest:
        what = "days without tz" if window.is_of_days else "hours, and days with tz,"
        raise bad_parameter("from", f"and `to`: {what} reach over {longest.days} days at the most")


def check_kept(window: Window, first: Point, kept_from: datetime) -> None:
    """Raise ApiError 400 where the first hour or day, rounded down, is not kept whole."""
    if not window.is_of_days and first.at < kept_from:
        raise bad_parameter(
            "from",
            f"lies before {kept_from.isoformat()}, from when on hours are kept; "
            "ask for days without tz",
        )


def axis(conn: Connection, window: Window) -> list[Point]:
    """Where each hour or day of the window begins, and where the last one ends."""
    params: dict[str, Any] = {"from_at": window.from_at, "to_at": window.to_at}
    if window.is_of_days:
        return [Point(row["at"], row["at"]) for row in queries.metrics.daily_axis(conn, **params)]
    try:
        rows = queries.metrics.axis(
            conn, **params, interval=window.interval, tz=window.zone
        ).fetchall()
    except psycopg.errors.InvalidParameterValue:  # a zone younger than the server
        raise no_time_zone("tz") from None
    return [Point(**row) for row in rows]


def read_rows(
    conn: Connection, question: Question, window: Window, points: list[Point]
) -> list[Row]:
    """The values, from the smallest table that has them: rows of name, at, value."""
    is_sum = question.metric not in PERCENTILES
    params = question.values | {
        "from_at": points[0].at,
        "to_at": points[-1].at,
        "row_limit": question.limit + 1,
    }
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


def choices_of(group_by: str, filters: Filters) -> dict[str, str | None]:
    """The optional parameters of the queries that take any choice of agent, model, event type."""
    return {
        "group_by": DIMENSIONS.get(group_by),
        **{name: filters.get(name) for name in DIMENSIONS},
    }


def single_dimension(group_by: str, filters: Filters) -> str | None:
    """The one dimension that a question is about, `all` for none; None when there are several."""
    dimensions = {*filters, *([group_by] if group_by else [])}
    if len(dimensions) > 1:
        return None
    return next(iter(dimensions), "all")
