"""How a request's scores are read, counted and stored, whichever API they came by."""

from collections.abc import Callable
from typing import TypeVar

import falcon

from service.api.body import read_json_body
from service.api.body_budget import BodyBudget
from service.api.middleware.client_name import client_of
from service.api.middleware.rate_limit import RateLimit
from service.api.response_headers import set_commit_lsn
from service.config import MEGABYTE, Config
from service.ingest.scores.batch import ScoreBatch
from service.telemetry import metrics
from service.writer.scores import ScoreWriter, StoredScores

B = TypeVar("B", bound=ScoreBatch)


class ScoreIntake:
    """What the resources that take scores share."""

    def __init__(
        self, writer: ScoreWriter, config: Config, rate_limit: RateLimit, budget: BodyBudget
    ) -> None:
        self._writer = writer
        self._rate_limit = rate_limit
        self._budget = budget
        self._proxies = config.trusted_proxies
        self._max_body_bytes = config.max_body_mb * MEGABYTE

    def take(
        self, req: falcon.Request, resp: falcon.Response, parse: Callable[[bytes], B]
    ) -> tuple[B, int]:
        """Store the scores of a body; return them, with their errors, and how many were new."""
        with self._budget.share(client_of(req, self._proxies)) as body_share:
            batch = parse(read_json_body(req, self._max_body_bytes, body_share))
            self._rate_limit.take_events(req, len(batch.rows) + batch.failed)
            stored = self._store(batch)
        metrics.count_scores(len(batch.rows), batch.failed)
        metrics.count_repairs(batch.repaired)
        set_commit_lsn(resp, stored.lsn)
        return batch, stored.inserted

    def _store(self, batch: ScoreBatch) -> StoredScores:
        if not batch.rows:
            return StoredScores(0, frozenset())
        stored = self._writer.store(batch.rows)
        if stored.expired:
            batch.reject_expired(stored.expired)
        return stored
