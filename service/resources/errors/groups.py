"""GET /errors: errors grouped by fingerprint.

The groups are counted from the events themselves, in the snapshot of the answer: an index has the
errors of a time. So the time that it takes grows with the errors of the window, up to a limit.
Beyond it the newest are grouped, and the answer says so: many errors of one agent refuse nobody.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import falcon
import psycopg

from service.api.cursors import invalid_cursor, pack, to_moment, unpack
from service.api.pagination.page import set_next
from service.api.pagination.scan import too_slow
from service.api.parameters import (
    allow_parameters,
    bad_parameter,
    choice,
    integer,
    moment,
    optional_text,
)
from service.api.policy import READ, Policy
from service.api.resource import DatabaseResource
from service.db.queries import Connection, Row, queries
from service.resources.errors.shown import shown_error, shown_fingerprint, shown_place

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
DEFAULT_WINDOW = timedelta(days=7)
MOST_ERRORS = 100_000  # grouped: it takes a third of a second
MOST_READ_FOR_AGENT = 500_000  # to find its errors among those of all agents
SORTS = ("count", "last")
OWNERS = ("agent", "environment")  # of the runs that the errors are in
INT64 = 2**63

Owners = dict[str, str | None]


@dataclass(frozen=True)
class Window:
    """The errors to group, and the order of the groups."""

    sort: str
    from_at: datetime
    to_at: datetime

    @property
    def times(self) -> dict[str, datetime]:
        """The window as parameters of the queries."""
        return {"from_at": self.from_at, "to_at": self.to_at}


@dataclass(frozen=True)
class GroupKey:
    """The sort key of a group."""

    value: Any  # its count, or its last_at
    fingerprint: int


class ErrorGroups(DatabaseResource):
    """All errors of a time, grouped."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Respond with a page of groups, and the cursor of the next one."""
        allow_parameters(req, {*OWNERS, "from", "to", "sort", "limit", "cursor"})
        owners = {name: optional_text(req, name) for name in OWNERS}
        limit = integer(req, "limit", DEFAULT_LIMIT, low=1, clamp=MAX_LIMIT)
        window = read_window(req, datetime.now(UTC))
        window, after = read_cursor(optional_text(req, "cursor"), window)
        try:
            seconds = self._database.read_timeout_seconds
            with self._database.searching(seconds, planned_once=True) as conn:
                rows, stopped_at = find_groups(conn, window, owners, after, limit + 1)
                page = rows[:limit]
                newest = find_newest(conn, page, owners) if page else {}
        except psycopg.errors.QueryCanceled:
            raise too_slow() from None
        cursor = cursor_after(window, page[-1]) if len(rows) > limit else None
        if cursor:
            set_next(resp, {**req.params, "cursor": cursor})
        resp.media = {
            "errors": [shown_group(row, newest[row["error_fingerprint"]]) for row in page],
            "from": window.from_at,
            "to": window.to_at,
            "next_cursor": cursor,
            "complete": stopped_at is None,
            "stopped_at": stopped_at,
        }


def read_window(req: falcon.Request, now: datetime) -> Window:
    """The window of the parameters: by default the last 7 days."""
    to_at = moment(req, "to", UTC) or now
    from_at = moment(req, "from", UTC) or to_at - DEFAULT_WINDOW
    if from_at >= to_at:
        raise bad_parameter("from", "must be before `to`")
    return Window(choice(req, "sort", SORTS, "count"), from_at, to_at)


def read_cursor(cursor: str | None, asked: Window) -> tuple[Window, GroupKey | None]:
    """The window of the first page, which `now` may have moved, and where the next page begins.

    Raises ApiError 400 for a cursor of another order.
    """
    if cursor is None:
        return asked, None
    sort, from_at, to_at, value, fingerprint = unpack(cursor, 5)
    if sort not in SORTS:
        raise invalid_cursor()
    if sort != asked.sort:
        raise bad_parameter("cursor", "belongs to another sort")
    value = to_moment(value) if sort == "last" else to_integer(value)
    window = Window(sort, to_moment(from_at), to_moment(to_at))
    return window, GroupKey(value, to_integer(fingerprint))


def to_integer(value: Any) -> int:
    """An integer in a cursor, as PostgreSQL has them."""
    if type(value) is not int or not -INT64 <= value < INT64:
        raise invalid_cursor()
    return value


def cursor_after(window: Window, row: Row) -> str:
    """The cursor of the page that begins after a group."""
    value = row["last_at"] if window.sort == "last" else row["count"]
    return pack(window.sort, window.from_at, window.to_at, value, row["error_fingerprint"])


def find_groups(
    conn: Connection, window: Window, owners: Owners, after: GroupKey | None, limit: int
) -> tuple[list[Row], datetime | None]:
    """The groups in their order, and the oldest error read if not all were grouped."""
    by_last = window.sort == "last" or None
    by_run = any(owners.values()) or None
    rows = queries.errors.groups.planned(
        conn,
        **window.times,
        read_limit=MOST_READ_FOR_AGENT if owners["agent"] else MOST_ERRORS,
        error_limit=by_run and MOST_ERRORS,
        row_limit=limit,
        by_run=by_run,
        **owners,
        by_last=by_last,
        after_value=after and str(after.value),
        after_fingerprint=after and after.fingerprint,
    ).fetchall()
    groups = [row for row in rows if row["agents"]]  # on Citus a run may be gone that moment
    return groups, rows[0]["stopped_at"]


def find_newest(conn: Connection, groups: list[Row], owners: Owners) -> dict[int, Row]:
    """The newest error of each group, by its fingerprint."""
    rows = queries.errors.newest(
        conn,
        fingerprints=[str(group["error_fingerprint"]) for group in groups],
        last_ats=[str(group["last_at"]) for group in groups],
        received_ons=[str(group["received_on"]) for group in groups],
        **owners,
    )
    return {row["error_fingerprint"]: row for row in rows}


def shown_group(group: Row, newest: Row) -> Row:
    """A group as JSON: what its newest error says stands for all."""
    return {
        "fingerprint": shown_fingerprint(group["error_fingerprint"]),
        **shown_error(newest),
        "count": group["count"],
        "first_at": group["first_at"],
        "last_at": group["last_at"],
        "agents": group["agents"],
        "agent_count": group["agent_count"],
        "newest": shown_place(newest),
    }
