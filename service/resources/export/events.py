"""The events of an export in pages: run by run, each run by event id.

A page reads up to 1,000 events, matching or not, so that each statement is short. It ends earlier
at large data, so it holds a few megabytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from service.db.database import Database
from service.db.queries import Connection, Row, queries
from service.resources.export.filters import Filters
from service.resources.export.runs import BYTES_PER_PAGE, goes_on, run_pages
from service.resources.export.scores import lost_score_pages, score_pages

ROWS_PER_PAGE = 1_000
PRINTED_PER_PAGE = 8 * 1024 * 1024  # bytes of data as PostgreSQL prints it


@dataclass
class Rest:
    """The runs whose events are not exported yet, and the last exported event of the first one."""

    runs: list[Row]
    after: str | None = None

    def next_together(self) -> list[Row]:
        """The first runs that fit into one page together, at least one."""
        together: list[Row] = []
        events = 0
        for run in self.runs:
            events += run["event_count"]
            if together and events > ROWS_PER_PAGE:
                break
            together.append(run)
        return together

    def is_large(self) -> bool:
        """Whether the first run alone exceeds a page."""
        return bool(self.runs[0]["event_count"] > ROWS_PER_PAGE)

    def go_on_behind(self, together: list[Row], rows: list[Row]) -> None:
        """Remove what was exported: all runs of `together`, or the events up to the last row."""
        if goes_on(rows, ROWS_PER_PAGE):
            last = rows[-1]
            done = next(n for n, run in enumerate(together) if run["run_id"] == last["run_id"])
            self.runs, self.after = self.runs[done:], last["event_id"]
        else:
            self.runs, self.after = self.runs[len(together) :], None


def event_pages(
    database: Database, filters: Filters, first: Row | None, *, with_scores: bool = False
) -> Iterator[list[Row]]:
    """Yield pages of the matching events with their run names; a page may be empty.

    With scores, pages of these come before the events of their runs.
    """
    has_scores = with_scores and filters.has_scores
    if first is not None and filters.after_event is not None:
        yield from pages_of_runs(database, filters, Rest([first], filters.after_event))
    for runs in run_pages(database, filters, first):
        yield []  # many pages of runs may have no events that are wanted
        if has_scores:
            yield from score_pages(database, filters, runs)
        wanted = [run for run in runs if filters.may_have_events(run)]
        yield from pages_of_runs(database, filters, Rest(wanted))
    if with_scores and filters.has_lost_scores:
        yield from lost_score_pages(database, filters)


def pages_of_runs(database: Database, filters: Filters, rest: Rest) -> Iterator[list[Row]]:
    """The events of these runs."""
    while rest.runs:
        yield next_page(database, filters, rest)


def next_page(database: Database, filters: Filters, rest: Rest) -> list[Row]:
    """The matching events of the next page; `rest` then continues after it."""
    together = rest.next_together()
    with database.looking_up() as conn:
        rows = next_events(conn, filters, together, rest)
    names = {run["run_id"]: run["run_name"] if run["is_named"] else None for run in together}
    rest.go_on_behind(together, rows)
    return [{**row, "run_name": names[row["run_id"]]} for row in rows if row["is_wanted"]]


def next_events(conn: Connection, filters: Filters, together: list[Row], rest: Rest) -> list[Row]:
    """One page, including events that do not match."""
    common: dict[str, Any] = {
        "after": rest.after,
        "event_type": filters.event_type,
        "from_at": filters.from_at,
        "to_at": filters.to_at,
        "row_limit": ROWS_PER_PAGE,
        "byte_limit": BYTES_PER_PAGE,
        "print_limit": PRINTED_PER_PAGE,
    }
    if rest.is_large():
        run = together[0]
        return queries.export.events_of_run(
            conn, received_on=run["received_on"], run_id=run["run_id"], **common
        ).fetchall()
    return queries.export.events_of_runs(
        conn,
        received_ons=[str(run["received_on"]) for run in together],
        run_ids=[run["run_id"] for run in together],
        **common,
    ).fetchall()
