"""The scores of an export in pages: those of a page of runs, before the events of these runs.

So an export that was cut short, and goes on behind its last event, has left out no score. Scores
whose runs are not there come at the end of an export of everything.
"""

from collections.abc import Iterator

from service.db.database import Database
from service.db.queries import Row, queries
from service.resources.export.filters import Filters

ROWS_PER_PAGE = 500  # each may have some KB of comment and metadata
SLICE = 10_000


def score_pages(database: Database, filters: Filters, runs: list[Row]) -> Iterator[list[Row]]:
    """Yield pages of the matching scores of these runs."""
    run_ids = [run["run_id"] for run in runs]
    after: Row = {"run_id": None, "score_id": None}
    while run_ids:
        with database.looking_up() as conn:
            rows = queries.export.scores_of_runs(
                conn,
                run_ids=run_ids,
                after_run_id=after["run_id"],
                after_score_id=after["score_id"],
                row_limit=ROWS_PER_PAGE,
            ).fetchall()
        yield [row for row in rows if filters.is_in_time(row["timestamp"])]
        if len(rows) < ROWS_PER_PAGE:
            return
        after = rows[-1]


def lost_score_pages(database: Database, filters: Filters) -> Iterator[list[Row]]:
    """Yield pages of scores whose runs are not there; a page may be empty."""
    after: Row = {"run_id": None, "score_id": None}
    while True:
        with database.looking_up() as conn:
            rows = queries.export.lost_scores(
                conn,
                after_run_id=after["run_id"],
                after_score_id=after["score_id"],
                slice=SLICE,
            ).fetchall()
        yield [row for row in rows if row["is_lost"] and filters.is_in_time(row["timestamp"])]
        if not rows or not rows[-1]["is_end"]:
            return
        after = rows[-1]
