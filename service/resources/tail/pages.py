"""Pages of events after a position, each page in a snapshot of its own.

A page reads at most 500 events, matching or not, and fewer where their data is large. So it holds
some megabytes, whatever is stored.
"""

from dataclasses import dataclass

from service.db.database import Database
from service.db.queries import Connection, Row, queries
from service.resources.tail.position import StreamPosition

ROWS_PER_PAGE = 500
# As stored: PostgreSQL compresses text to a third mostly, at best to 1/90. And as printed.
BYTES_PER_PAGE, PRINTED_PER_PAGE = 262_144, 8 * 1024 * 1024


@dataclass(frozen=True)
class Page:
    """The matching events with their positions, and the position after all events read."""

    events: list[tuple[StreamPosition, Row]]
    end: StreamPosition
    is_last: bool  # no further event is committed for certain


def next_page(database: Database, position: StreamPosition, agent_name: str | None) -> Page:
    """The page after a position, of all runs or of one agent's."""
    with database.primary.looking_up() as conn:
        horizon = queries.tail.horizon(conn).fetchall()[0]["horizon"]
        if StreamPosition.before(horizon) <= position:  # nothing new
            return Page([], position, is_last=True)
        rows = rows_after(conn, position, agent_name, horizon)
    events = [(position_of(row), present(row)) for row in rows if row["is_wanted"]]
    if rows and (len(rows) < rows[0]["scanned"] or len(rows) == ROWS_PER_PAGE):
        return Page(events, position_of(rows[-1]), is_last=False)
    return Page(events, StreamPosition.before(horizon), is_last=True)


def rows_after(
    conn: Connection, position: StreamPosition, agent_name: str | None, horizon: int
) -> list[Row]:
    """The events due after the position and before the horizon, as many as a page may read."""
    common = {
        "xid": position.xid,
        "run_id": position.run_id,
        "event_id": position.event_id,
        "horizon": horizon,
        "row_limit": ROWS_PER_PAGE,
        "byte_limit": BYTES_PER_PAGE,
        "print_limit": PRINTED_PER_PAGE,
    }
    if agent_name is None:
        return queries.tail.page(conn, **common).fetchall()
    return queries.tail.page_of_agent(conn, agent_name=agent_name, **common).fetchall()


def position_of(row: Row) -> StreamPosition:
    """The position after an event."""
    return StreamPosition(row["due_xid"], row["run_id"], row["event_id"])


def present(row: Row) -> Row:
    """An event as in every other response."""
    internal = ("due_xid", "scanned", "is_wanted")
    return {name: value for name, value in row.items() if name not in internal}


def find_start(database: Database, last: StreamPosition | None) -> tuple[StreamPosition, bool]:
    """The position to begin at, and whether the client's own was reset.

    Without a position the stream begins now. A future position is of an earlier server, because
    a new PostgreSQL counts transactions from the beginning.
    """
    with database.primary.reading() as conn:
        now = queries.tail.horizon(conn).fetchall()[0]
    if last is not None and last.xid < now["next"]:
        return last, False
    return StreamPosition.before(now["horizon"]), last is not None
