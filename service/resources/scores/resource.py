"""/scores: scores come in, are searched for, and are deleted."""

from datetime import UTC
from functools import partial
from typing import Any

import falcon

from service.api.cursors import pack, to_id, to_moment, to_text, unpack
from service.api.errors import ApiError
from service.api.middleware.authorization import actor_of
from service.api.pagination.page import present_page
from service.api.parameters import (
    allow_parameters,
    bounded_text,
    integer,
    optional_choice,
    optional_id,
    optional_text,
    time_range,
)
from service.api.policy import ADMIN, INGEST, READ, Policy
from service.api.resource import DatabaseResource, Resource
from service.api.response_headers import set_commit_lsn
from service.db import audit_log
from service.db.database import Database
from service.db.queries import Row, queries
from service.ingest.scores.batch import ScoreBatch, parse_scores
from service.ingest.scores.score import MAX_NAME, SOURCES
from service.resources.scores.ingest import ScoreIntake
from service.resources.scores.search import ScoreKey, search_scores

DEFAULT_LIMIT, MAX_LIMIT = 50, 200  # each may have a comment and metadata
PARAMETERS = {
    *("run_id", "event_id", "agent", "name", "source", "from", "to", "limit", "cursor"),
}


class Scores(DatabaseResource):
    """Where scores come in, and are searched for."""

    policy = Policy({"GET": READ, "POST": INGEST})

    def __init__(self, database: Database, intake: ScoreIntake) -> None:
        super().__init__(database)
        self._intake = intake

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with the scores that pass every filter, the newest first, and where to go on."""
        allow_parameters(req, PARAMETERS)
        limit = integer(req, "limit", DEFAULT_LIMIT, low=1, clamp=MAX_LIMIT)
        after = read_cursor(optional_text(req, "cursor"))
        page = search_scores(self._database, read_filters(req), after, limit)
        cursor = page.next and pack(*page.next)
        resp.media = present_page(req, resp, "scores", page, cursor)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Store scores. 200 means committed; 422 that no score was good."""
        batch, inserted = self._intake.take(req, resp, parse_scores)
        resp.status = falcon.HTTP_200 if batch.rows else falcon.HTTP_422
        resp.media = describe(batch, inserted)


class Score(Resource):
    """One score."""

    policy = Policy({"DELETE": ADMIN})

    def __init__(self, database: Database) -> None:
        self._database = database

    def on_delete(self, req: falcon.Request, resp: falcon.Response, score_id: str) -> None:
        """Delete the score, or 404; of an id that several runs have, all without `run_id`."""
        allow_parameters(req, {"run_id"})
        run_id = optional_id(req, "run_id")
        with self._database.changing(partial(set_commit_lsn, resp)) as conn:
            gone = queries.scores.delete(conn, score_id=score_id, run_id=run_id).fetchall()
            if not gone:
                raise ApiError(falcon.HTTP_404, "score_not_found", "There is no such score.")
            for row in gone:
                subject = f"{score_id} {row['name']} of {row['run_id']}"
                audit_log.record(conn, actor_of(req), "delete score", subject)
        resp.media = {
            "status": "success",
            "message": f"Score '{score_id}' deleted"
            if len(gone) == 1
            else f"{len(gone)} scores '{score_id}' deleted",
        }


def describe(batch: ScoreBatch, inserted: int) -> dict[str, Any]:
    """What became of the scores, with the id of each that is stored."""
    stored = len(batch.rows)
    return {
        "status": "partial" if batch.failed and stored else "error" if batch.failed else "success",
        "count": stored,
        "inserted": inserted,
        "replaced": stored - inserted,
        "scores": [
            {"index": index, "run_id": row.run_id, "score_id": row.score_id}
            for index, row in zip(batch.indexes, batch.rows, strict=True)
        ],
        **batch.describe(),
    }


def read_filters(req: falcon.Request) -> Row:
    """Read the filters, by the names of the query's parameters."""
    from_at, to_at = time_range(req, UTC)
    return {
        "run_id": optional_id(req, "run_id"),
        "event_id": optional_id(req, "event_id"),
        "agent": optional_text(req, "agent"),
        "name": bounded_text(req, "name", MAX_NAME),
        "source": optional_choice(req, "source", SOURCES),
        "from_at": from_at,
        "to_at": to_at,
    }


def read_cursor(cursor: str | None) -> ScoreKey | None:
    """The key in a cursor."""
    if cursor is None:
        return None
    timestamp, run_id, score_id = unpack(cursor, 3)
    return ScoreKey(to_moment(timestamp), to_id(run_id), to_text(score_id))
