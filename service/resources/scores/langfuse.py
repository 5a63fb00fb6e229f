"""/public/scores and /public/ingestion: scores as Langfuse's SDKs send them.

SDKs send a list of scores (from version 5 on) or events of a batch, curl and their API clients one
score. Of a batch other events are refused one by one, as Langfuse refuses what it cannot take.
"""

from operator import itemgetter
from typing import Any

import falcon

from service.api.errors import ApiError
from service.api.policy import INGEST, Policy
from service.api.resource import Resource
from service.ingest.scores import langfuse
from service.ingest.scores.batch import ScoreBatch
from service.resources.scores.ingest import ScoreIntake

CREATED, BAD_REQUEST = 201, 400


class LangfuseScores(Resource):
    """Where one score or a list of scores comes in."""

    policy = Policy({"POST": INGEST})

    def __init__(self, intake: ScoreIntake) -> None:
        self._intake = intake

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Store scores: of one 200 with its id; of a list 202, or 207 where some are bad."""
        batch, _ = self._intake.take(req, resp, langfuse.parse_list)
        if not batch.is_list:
            resp.media = {"id": stored_id(batch)}
        elif batch.failed:
            resp.status = falcon.HTTP_207
            resp.media = results(batch)
        else:
            resp.status = falcon.HTTP_202
            resp.media = {"message": "Accepted"}


class LangfuseIngestion(Resource):
    """Where batches of events come in, of which scores are taken."""

    policy = Policy({"POST": INGEST})

    def __init__(self, intake: ScoreIntake) -> None:
        self._intake = intake

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Store the scores. 207 always: each event is a success or an error."""
        batch, _ = self._intake.take(req, resp, langfuse.parse_events)
        stored = sorted([*batch.indexes, *batch.logs])
        resp.status = falcon.HTTP_207
        resp.media = {
            "successes": [{"id": batch.event_ids[index], "status": CREATED} for index in stored],
            "errors": [
                {
                    "id": batch.event_ids[index],
                    "status": BAD_REQUEST,
                    "message": str(error),
                    "error": error.code,
                }
                for index, error in sorted(batch.refused.items(), key=itemgetter(0))
            ],
        }


def stored_id(batch: ScoreBatch) -> str:
    """The id of the one score; raise ApiError 400 where it was bad."""
    if batch.errors:
        error = batch.errors[0]
        raise ApiError(falcon.HTTP_400, error["code"], error["message"])
    return batch.rows[0].score_id


def results(batch: ScoreBatch) -> dict[str, Any]:
    """What became of a list: counts, and the first errors."""
    errors = [
        {"message": f"scores[{error['index']}]: {error['message']}"} for error in batch.errors
    ]
    return {"accepted": len(batch.rows), "rejected": batch.failed, "errors": errors}
