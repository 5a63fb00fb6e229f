"""The time window of a timeseries, and the starts of its hours or days."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import falcon
import psycopg

from service.api.parameters import bad_parameter, choice, moment, no_time_zone, time_zone
from service.db.queries import Connection, queries

DEFAULT_WINDOW = {"hour": timedelta(hours=24), "day": timedelta(days=30)}
LONGEST_WINDOW_OF_QUARTER_HOURS = timedelta(days=92)
LONGEST_WINDOW = timedelta(days=3_660)


@dataclass(frozen=True)
class Window:
    """A range of hours or days in a time zone."""

    from_at: datetime  # in UTC, as is the next
    to_at: datetime
    interval: str
    zone: ZoneInfo

    @property
    def is_of_days(self) -> bool:
        """Whether UTC days can answer the request; else quarter hours do."""
        return self.interval == "day" and str(self.zone) == "UTC"

    @property
    def length(self) -> timedelta:
        """The duration by the local clock, on which every day has 24 hours."""
        return self.to_at.astimezone(self.zone) - self.from_at.astimezone(self.zone)


class Point(NamedTuple):
    """The start of an hour or day, and the value of date_trunc for any moment in it.

    They differ where midnight occurs twice (Havana): date_trunc returns the second.
    """

    at: datetime
    period: datetime


def read_window(req: falcon.Request, now: datetime) -> Window:
    """The window; by default up to now, the last 24 hours or 30 days.

    Raises ApiError 400 for an empty or too long window.
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
    """Raise ApiError 400 for an empty or too long window."""
    if window.from_at >= window.to_at:
        raise bad_parameter("from", "lies before `to`")
    longest = LONGEST_WINDOW if window.is_of_days else LONGEST_WINDOW_OF_QUARTER_HOURS
    if window.length > longest:
        what = "days without tz" if window.is_of_days else "hours, and days with tz,"
        raise bad_parameter("from", f"and `to`: {what} span at most {longest.days} days")


def check_kept(window: Window, first: Point, kept_from: datetime) -> None:
    """Raise ApiError 400 if the first hour or day is not kept completely."""
    if not window.is_of_days and first.at < kept_from:
        raise bad_parameter(
            "from",
            f"lies before {kept_from.isoformat()}, from when on hours are kept; "
            "ask for days without tz",
        )


def axis(conn: Connection, window: Window) -> list[Point]:
    """The starts of the hours or days of the window, and the end of the last one."""
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
