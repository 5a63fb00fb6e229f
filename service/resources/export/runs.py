"""The runs of an export in pages, in an immutable order.

All runs are sorted by run_id, those of one agent by (created_at, run_id), because both have an
index. A page ends earlier at large metadata, which may be as large as an event.
"""

from collections.abc import Iterator

from service.db.database import Database
from service.db.queries import Connection, Row, queries
from service.db.request_routing import require_primary
from service.resources.export.filters import Filters

RUNS_PER_PAGE = 500
# Stored bytes of runs' metadata or events' data; compressed values count eight times, because pglz
# compresses to a third mostly, and to a ninetieth at best: a page is 0.5 to about 7 MB.
BYTES_PER_PAGE = 524_288


def find_first(database: Database, filters: Filters) -> Row | None:
    """The run where an earlier export ended; None if it is deleted or does not match."""
    if filters.after_run is None:
        return None
    with database.reading() as conn:
        run = queries.export.run(conn, run_id=filters.after_run).fetchone()
    return run if run is not None and filters.has_agent(run) else None


def run_pages(database: Database, filters: Filters, last: Row | None) -> Iterator[list[Row]]:
    """Yield pages of matching runs after `last`, or without an agent after filters.after_run."""
    if filters.run_id is not None:
        if filters.after_run is None:
            yield find_one(database, filters)
        return
    after = filters.after_run
    after_at = None if last is None else last["created_at"]
    while True:
        with database.looking_up() as conn:
            runs = next_runs(conn, filters.agent_name, after, after_at)
        yield runs
        if not goes_on(runs, RUNS_PER_PAGE):
            return
        after, after_at = runs[-1]["run_id"], runs[-1]["created_at"]


def goes_on(rows: list[Row], row_limit: int) -> bool:
    """Whether more rows may follow a page: it is full, in rows or bytes."""
    return bool(rows) and (len(rows) == row_limit or len(rows) < rows[0]["scanned"])


def find_one(database: Database, filters: Filters) -> list[Row]:
    """The run of the filter, if it exists and matches the agent."""
    with database.reading() as conn:
        runs = queries.export.run(conn, run_id=filters.run_id).fetchall()
    if not runs:
        require_primary()
    return [run for run in runs if filters.has_agent(run)]


def next_runs(
    conn: Connection, agent_name: str | None, after: str | None, after_at: object
) -> list[Row]:
    """One page."""
    limits = {"row_limit": RUNS_PER_PAGE, "byte_limit": BYTES_PER_PAGE}
    if agent_name is None:
        return queries.export.runs(conn, after=after, **limits).fetchall()
    behind = {} if after is None else {"after": after, "after_at": after_at}
    return queries.export.runs_of_agent(conn, agent_name=agent_name, **behind, **limits).fetchall()
