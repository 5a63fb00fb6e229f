"""/metrics/changes: what a window's calls and runs come to, beside the window before."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import falcon
import psycopg

from service.api.errors import ApiError
from service.api.pagination.scan import too_slow
from service.api.parameters import allow_parameters, bad_parameter, integer, optional_text
from service.api.policy import READ, Policy
from service.api.resource import DatabaseResource
from service.db.queries import Connection, Row, queries
from service.resources.metrics.changes_shown import Durations, Shown
from service.resources.metrics.dimensions import MAX_GROUPS
from service.resources.metrics.summary import stamp
from service.resources.metrics.time_window import (
    LONGEST_WINDOW_OF_QUARTER_HOURS,
    Point,
    Window,
    axis,
    read_window,
)
from service.resources.runs.search import MOST_SORTED_EVENTS, MOST_SORTED_RUNS

DEFAULT_GROUPS = 10
FILTERS = ("agent", "environment", "model", "tool")
QUARTER_HOUR, DAY = timedelta(minutes=15), timedelta(days=1)

Filters = dict[str, str | None]


@dataclass(frozen=True)
class Windows:
    """A window, and the one before: as long as what has passed of it, whole days earlier."""

    points: list[Point]
    before: tuple[datetime, datetime] | None  # None: not kept any more
    interval: str
    tz: str

    @property
    def params(self) -> dict[str, Any]:
        """The windows as parameters of the queries; without one before it is empty."""
        from_at = self.points[0].at
        before_from, before_to = self.before or (from_at, from_at)
        return {
            "from_at": from_at,
            "to_at": self.points[-1].at,
            "before_from": before_from,
            "before_to": before_to,
            "interval": self.interval,
            "tz": self.tz,
        }

    def describe(self) -> dict[str, Any]:
        """The windows as JSON."""
        return {
            "from": self.points[0].at,
            "to": self.points[-1].at,
            "interval": self.interval,
            "tz": self.tz,
            "before": self.before and {"from": self.before[0], "to": self.before[1]},
        }


class Changes(DatabaseResource):
    """What has changed from one window to the next."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with totals, their course, and cost by agent, model and tool, each with before."""
        allow_parameters(req, {"from", "to", "tz", "interval", "limit", *FILTERS})
        filters: Filters = {name: optional_text(req, name) for name in FILTERS}
        limit = integer(req, "limit", DEFAULT_GROUPS, low=1, clamp=MAX_GROUPS)
        try:
            with self._database.searching(self._database.read_timeout_seconds) as conn:
                state = stamp(resp, queries.metrics.state(conn))
                windows = read_windows(conn, read_window(req, state["asked_at"]), state)
                durations = read_durations(conn, windows, filters)
                rows = queries.metrics.changes(
                    conn, **windows.params, **filters, row_limit=limit + 1
                ).fetchall()
        except psycopg.errors.QueryCanceled:
            raise too_slow() from None
        # A run names neither a model nor a tool: the metrics do not know its runs.
        counts_runs = filters["model"] is None and filters["tool"] is None
        shown = Shown(rows, durations, counts_runs, windows.before is not None)
        resp.media = {
            **windows.describe(),
            "totals": shown.totals(),
            "points": shown.points(windows.points),
            **shown.groups(limit),
        }


def read_windows(conn: Connection, window: Window, state: Row) -> Windows:
    """The window in whole hours or days, and the one before, if its quarter hours are kept."""
    longest = LONGEST_WINDOW_OF_QUARTER_HOURS
    if window.length > longest:
        raise bad_parameter("from", f"and `to` span at most {longest.days} days")
    points, kept_from = axis(conn, window), state["quarter_hours_from"]
    from_at, to_at = points[0].at, points[-1].at
    if from_at < kept_from:
        raise bad_parameter(
            "from", f"lies before {kept_from.isoformat()}, from when on hours are kept"
        )
    passed = min(to_at, next_quarter_hour(state["asked_at"]))
    days = max(1, -(-(local(to_at, window) - local(from_at, window)) // DAY))
    before = earlier(from_at, days, window), min(earlier(passed, days, window), from_at)
    is_kept = kept_from <= before[0] < before[1]
    return Windows(points, before if is_kept else None, window.interval, str(window.zone))


def next_quarter_hour(moment: datetime) -> datetime:
    """The end of the quarter hour of a moment."""
    since = timedelta(seconds=moment.timestamp() % QUARTER_HOUR.total_seconds())
    return moment - since + QUARTER_HOUR


def local(moment: datetime, window: Window) -> datetime:
    """A moment by the local clock, on which every day has 24 hours."""
    return moment.astimezone(window.zone).replace(tzinfo=None)


def earlier(moment: datetime, days: int, window: Window) -> datetime:
    """The same time by the local clock, days earlier."""
    found = moment.astimezone(window.zone) - timedelta(days=days)
    return found.astimezone(UTC)


def read_durations(conn: Connection, windows: Windows, filters: Filters) -> Durations | None:
    """The runs of both windows; None if they are too many, and the metrics can tell the counts.

    Raises ApiError 400 for too many runs, or events of theirs, where the metrics cannot tell.
    """
    params = windows.params
    needs_events = any(filters[name] for name in ("environment", "model", "tool"))
    too_many = queries.runs.search_window(
        conn,
        from_at=params["before_from"],
        to_at=params["to_at"],
        agent=filters["agent"],
        run_limit=MOST_SORTED_RUNS,
        event_limit=MOST_SORTED_EVENTS if needs_events else None,
    ).fetchone()
    if too_many and needs_events:
        raise window_too_large()
    if too_many:
        return None
    rows = queries.metrics.run_durations(conn, **params, **filters)
    return {(row["is_now"], row["at"]): row for row in rows}


def window_too_large() -> ApiError:
    """The error for windows of which too much would have to be read for these filters."""
    text = (
        f"Both windows together have more than {MOST_SORTED_RUNS:,} runs, or {MOST_SORTED_EVENTS:,}"
        " events, to be read for environment, model or tool. Ask for a shorter window, or for one "
        "agent."
    )
    return ApiError(falcon.HTTP_400, "window_too_large", text, parameter="from")
