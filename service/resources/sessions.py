"""/sessions and /users: what runs add up to by session and by user, and the runs of a session."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any

import falcon
import psycopg

from service.api.cursors import (
    RunKey,
    invalid_cursor,
    pack,
    to_id,
    to_moment,
    to_text,
    to_total,
    unpack,
)
from service.api.errors import ApiError
from service.api.pagination.page import INTERNAL, present_page, set_next
from service.api.pagination.scan import Page, ScanBatch, TimeBoundedScan, too_slow
from service.api.parameters import (
    allow_parameters,
    bad_parameter,
    choice,
    cut_text,
    integer,
    optional_text,
    time_range,
)
from service.api.policy import READ, Policy
from service.api.resource import DatabaseResource
from service.db.database import Database
from service.db.queries import Connection, Row, is_distributed, queries
from service.ingest.run_fields import MAX_TEXT
from service.resources.runs.resource import present
from service.resources.runs.search import MOST_SORTED_RUNS, Filters, check_sortable
from service.resources.session_texts import NO_TEXTS, texts_of

LAST_RUN = "last_run"
COLUMNS = {"cost": "cost", "tokens": "tokens", "runs": "run_count"}  # of sessions/list_by_total
SORTS = (LAST_RUN, *COLUMNS)
DEFAULT_LIMIT, MAX_LIMIT = 50, 1000
RUNS_DEFAULT, RUNS_MAX = 50, 200  # each with two texts
MOST_READ_AT_ONCE = 2_000  # runs of an agent
MOST_ADDED_UP = 100_000  # runs of one session or user, the newest: 0.15 s of PostgreSQL
SESSION, USER = "session_id", "user_id"
NO_SUMS = INTERNAL | {"name", "user_id", "runs", "started_at", "run_id"}


@dataclass(frozen=True)
class GroupSearch:
    """The filters, order and limit of a list of sessions or users."""

    group: str
    filters: Filters
    sort: str
    limit: int
    cursor: str | None

    def position(self) -> list[Any] | None:
        """The cursor's two values; raise ApiError 400 for one of another list or sort."""
        if self.cursor is None:
            return None
        group, sort, *key = unpack(self.cursor, 4)
        if (group, sort) != (self.group, self.sort):
            raise (
                bad_parameter("cursor", "belongs to another list or sort")
                if group in (SESSION, USER) and sort in SORTS
                else invalid_cursor()
            )
        return key

    def cursor_at(self, *key: Any) -> str:
        """The cursor of a session or user."""
        return pack(self.group, self.sort, *key)


class Groups(DatabaseResource):
    """All sessions, or all users: the runs with each of them, added up."""

    policy = Policy({"GET": READ})

    def __init__(self, database: Database, group: str, name: str) -> None:
        """`group` is the column, `name` that of the list in the answer."""
        super().__init__(database)
        self._group = group
        self._name = name

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Respond with a page, the one with the newest run first, or the largest."""
        search = read_search(req, self._group)
        list_page = by_time if search.sort == LAST_RUN else by_total
        page: Page[Any] = list_page(self._database, search)
        cursor = None if page.next is None else search.cursor_at(*page.next)
        rows = [named(row, self._group) for row in page.rows]
        shown = Page(rows, page.next, page.is_complete)
        resp.media = present_page(req, resp, self._name, shown, cursor)


class Session(DatabaseResource):
    """One session: what its runs add up to, and the runs in the order of their start."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response, session_id: str) -> None:
        """Respond with the session and a page of its runs, oldest first, or 404."""
        allow_parameters(req, {"limit", "cursor"})
        limit = integer(req, "limit", RUNS_DEFAULT, low=1, clamp=RUNS_MAX)
        after = read_cursor(optional_text(req, "cursor"))
        name = session_id[:MAX_TEXT]
        with self._database.snapshot() as conn:
            found = queries.sessions.find(conn, session_id=name, run_limit=MOST_ADDED_UP)
            runs = queries.sessions.runs(
                conn,
                session_id=name,
                after_started_at=after and after.started_at,
                after_run_id=after and after.run_id,
                row_limit=limit + 1,
            ).fetchall()
            session = found.fetchone()
            if session is None:
                text = "There is no run of this session."
                raise ApiError(falcon.HTTP_404, "session_not_found", text)
            more, runs = len(runs) > limit, runs[:limit]
            texts = texts_of(conn, runs)
        cursor = pack(runs[-1]["started_at"], runs[-1]["run_id"]) if more else None
        if cursor:
            set_next(resp, {"limit": limit, "cursor": cursor})
        shown = [{**present(run), **texts.get(run["run_id"], NO_TEXTS)} for run in runs]
        resp.media = {**named(session, SESSION), "runs": shown, "next_cursor": cursor}


def read_search(req: falcon.Request, group: str) -> GroupSearch:
    """Read the parameters; raise ApiError 400 for an invalid one or an invalid combination."""
    allow_parameters(req, {"agent", "user_id", "from", "to", "sort", "limit", "cursor"})
    sort = choice(req, "sort", SORTS, LAST_RUN)
    from_at, to_at = time_range(req, UTC)
    if sort != LAST_RUN and from_at is None:
        raise bad_parameter("from", f"is required with sort={sort}")
    filters = {
        "agent": optional_text(req, "agent"),
        "user_id": cut_text(req, "user_id", MAX_TEXT),
        "from_at": from_at,
        "to_at": to_at,
    }
    limit = integer(req, "limit", DEFAULT_LIMIT, low=1, clamp=MAX_LIMIT)
    return GroupSearch(group, filters, sort, limit, optional_text(req, "cursor"))


def by_time(database: Database, search: GroupSearch) -> Page[RunKey]:
    """A page by the newest run: an index of runs has that order."""

    def scan_batch(
        conn: Connection, rows: int, position: RunKey | None, limit: int
    ) -> ScanBatch[RunKey]:
        asked = {
            **search.filters,
            "group": search.group,
            "after_started_at": position and position.started_at,
            "after_run_id": position and position.run_id,
            "row_limit": limit,
        }
        if is_of_few(conn, search):
            return ScanBatch(queries.sessions.list_of_few(conn, **asked).fetchall(), None)
        query = queries.sessions.list.planned if planned_once else queries.sessions.list
        found = query(conn, **asked, slice=rows, run_limit=MOST_ADDED_UP).fetchall()
        end = key_of(found[-1]) if found and found[-1]["is_end"] else None
        return ScanBatch([row for row in found if row["matches"]], end)

    key = search.position()
    after = None if key is None else RunKey(to_moment(key[0]), to_id(key[1]))
    # Of an agent and a user, their values say by which index the runs are found.
    planned_once = None in (search.filters["agent"], search.filters["user_id"])
    scan = TimeBoundedScan(database, planned_once=planned_once)
    return scan.collect(scan_batch, after, search.limit, key_of)


def is_of_few(conn: Connection, search: GroupSearch) -> bool:
    """Whether users are found among all runs that pass the filters at once.

    A user's runs are mostly those of other agents: 51 users of an agent with 1,000 runs took 11 ms
    of PostgreSQL, all runs of the agent take 2.
    """
    if search.group != USER or search.filters["agent"] is None or is_distributed(conn):
        return False
    found = queries.sessions.exceeds(conn, **search.filters, run_limit=MOST_READ_AT_ONCE)
    return not found.fetchall()[0]["exceeds"]


def by_total(database: Database, search: GroupSearch) -> Page[Any]:
    """A page of a window's sessions or users by a total, in one statement.

    Raises ApiError 400 for a window of too many runs, 504 after a timeout.
    """
    key = search.position()
    try:
        with database.searching(database.read_timeout_seconds / 2) as conn:
            check_sortable(conn, search.filters)
            rows = queries.sessions.list_by_total(
                conn,
                **search.filters,
                group=search.group,
                sort=COLUMNS[search.sort],
                after_total=key and to_total(key[0]),
                after_name=key and to_text(key[1]),
                run_limit=MOST_SORTED_RUNS,
                row_limit=search.limit + 1,
            ).fetchall()
    except psycopg.errors.QueryCanceled:
        raise too_slow() from None
    last = rows[search.limit - 1] if len(rows) > search.limit else None
    return Page(rows[: search.limit], last and (last["total"], last["name"]))


def key_of(row: Row) -> RunKey:
    """The key of the newest run of a session or user."""
    return RunKey(row["started_at"], row["run_id"])


def named(row: Row, group: str) -> Row:
    """A session or a user as clients see it."""
    user = {"user_id": row["user_id"]} if group == SESSION else {}
    sums = {key: row[key] for key in row if key not in NO_SUMS}
    return {group: row["name"], **user, "run_count": row["runs"], "truncated": False, **sums}


def read_cursor(text: str | None) -> RunKey | None:
    """Read the cursor of a session's runs; raise ApiError 400 for an invalid one."""
    if text is None:
        return None
    started_at, run_id = unpack(text, 2)
    return RunKey(to_moment(started_at), to_id(run_id))
