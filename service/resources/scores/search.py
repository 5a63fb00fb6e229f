"""Search for scores, the newest first; and the scores of a run, beside it."""

from datetime import datetime
from typing import NamedTuple

import psycopg

from service.api.pagination.scan import Page, too_slow
from service.db.database import Database
from service.db.queries import Connection, Row, queries

SHOWN = 100  # of the scores of a run, in the run


class ScoreKey(NamedTuple):
    """The key of a score in a list by time."""

    timestamp: datetime
    run_id: str
    score_id: str


def search_scores(
    database: Database, filters: Row, after: ScoreKey | None, limit: int
) -> Page[ScoreKey]:
    """A page of scores; raise ApiError 504 where the search takes too long."""
    try:
        with database.searching(database.read_timeout_seconds / 2) as conn:
            rows = queries.scores.search(
                conn,
                **filters,
                after_timestamp=after and after.timestamp,
                after_run_id=after and after.run_id,
                after_score_id=after and after.score_id,
                row_limit=limit + 1,
            ).fetchall()
    except psycopg.errors.QueryCanceled:
        raise too_slow() from None
    if len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    key = ScoreKey(last["timestamp"], last["run_id"], last["score_id"])
    return Page(rows[:limit], key)


def scores_of(conn: Connection, run_id: str) -> Row:
    """The fields of a run that say how good it was: `scores`, its newest, and `score_count`."""
    rows = queries.scores.of_run(conn, run_id=run_id, row_limit=SHOWN).fetchall()
    count = rows[0]["found"] if rows else 0
    hidden = ("run_id", "found")
    scores = [{name: row[name] for name in row if name not in hidden} for row in rows]
    return {"score_count": count, "scores": scores}
