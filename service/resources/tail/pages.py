"""The events behind a place, a page at a time, each page a snapshot of its own.

A page looks at 500 events at the most, wanted or not, and ends earlier where their data is large:
what it holds is some megabytes, whatever is stored.
"""

from dataclasses import dataclass

from service.db.database import Database
from service.db.queries import Connection, Row, queries
from service.resources.tail.position import StreamPosition

ROWS_PER_PAGE = 500
# As it is stored. PostgreSQL's compression makes of a text at the most a ninetieth, mostly a third.
BYTES_PER_PAGE = 262_144


@dataclass(frozen=True)
class Page:
    """Events that are wanted, each with its place, and the place behind all that was looked at."""

    events: list[tuple[StreamPosition, Row]]
    behind: StreamPosition
    is_last: bool  # of what is decided by now


def next_page(database: Database, place: StreamPosition, agent_name: str | None) -> Page:
    """What follows a place; of the runs of one agent, where one is given."""
    with database.primary.looking_up() as conn:
        horizon = queries.tail.horizon(conn).fetchall()[0]["horizon"]
        if StreamPosition.before(horizon) <= place:  # nothing new
            return Page([], place, is_last=True)
        rows = rows_behind(conn, place, agent_name, horizon)
    events = [(place_of(row), present(row)) for row in rows if row["is_wanted"]]
    if rows and (len(rows) < rows[0]["scanned"] or len(rows) == ROWS_PER_PAGE):
        return Page(events, place_of(rows[-1]), is_last=False)
    return Page(events, StreamPosition.before(horizon), is_last=True)


def rows_behind(
    conn: Connection, place: StreamPosition, agent_name: str | None, horizon: int
) -> list[Row]:
    """What is due behind a place and in front of the horizon, as much as a page may look at."""
    common = {
        "xid": place.xid,
        "run_id": place.run_id,
        "event_id": place.event_id,
        "horizon": horizon,
        "row_limit": ROWS_PER_PAGE,
        "byte_limit": BYTES_PER_PAGE,
    }
    if agent_name is None:
        return queries.tail.page(conn, **common).fetchall()
    return queries.tail.page_of_agent(conn, agent_name=agent_name, **common).fetchall()


def place_of(row: Row) -> StreamPosition:
    """The place behind an event."""
    return StreamPosition(row["due_xid"], row["run_id"], row["event_id"])


def present(row: Row) -> Row:
    """An event as every other answer has it."""
    ours = ("due_xid", "scanned", "is_wanted")
    return {name: value for name, value in row.items() if name not in ours}


def find_beginning(database: Database, last: StreamPosition | None) -> tuple[StreamPosition, bool]:
    """The place to begin at, and whether that is not where the client was.

    Without a place it is now. One that is still to come is of a server before this one: PostgreSQL
    counts anew.
    """
    with database.primary.reading() as conn:
        now = queries.tail.horizon(conn).fetchall()[0]
    if last is not None and last.xid < now["next"]:
        return last, False
    return StreamPosition.before(now["horizon"]), last is not None
