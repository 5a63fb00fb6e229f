"""The window of a timeseries: from when to when, and where its hours or days begin."""

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
