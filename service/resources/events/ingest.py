"""/events: ingest, search, and the children of an event."""

from typing import Any

import falcon

from service.api.answer_size import check_events
from service.api.body import read_json_body
from service.api.body_budget import BodyBudget
from service.api.errors import ApiError
from service.api.middleware.client_name import client_of
from service.api.middleware.rate_limit import RateLimit
from service.api.parameters import allow_parameters, optional_id
from service.api.policy import INGEST, READ, Policy
from service.api.resource import DatabaseResource
from service.api.response_headers import set_commit_lsn
from service.config import KILOBYTE, MEGABYTE, Config
from service.core.validation import to_uuid
from service.db.database import Database
from service.db.queries import Connection, Row, queries
from service.ingest.json.batch import Batch, parse_batch
from service.resources.events import search_resource
from service.resources.trace.ties import in_order
from service.telemetry import metrics
from service.writer.group_commit import GroupCommitWriter
from service.writer.incoming import Counts


class Events(DatabaseResource):
    """Where events come in, and are searched for."""

    policy = Policy({"GET": READ, "POST": INGEST})

    def __init__(
        self,
        writer: GroupCommitWriter,
        database: Database,
        config: Config,
        rate_limit: RateLimit,
        budget: BodyBudget,
    ) -> None:
        self._writer = writer
        self._database = database
        self._rate_limit = rate_limit
        self._budget = budget
        self._proxies = config.trusted_proxies
        self._max_body_bytes = config.max_body_mb * MEGABYTE
        self._max_event_bytes = config.max_event_kb * KILOBYTE
        self._max_batch_size = config.max_batch_size

    def read(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with the events that pass every filter, and where to go on."""
        search_resource.answer(req, resp, self._database)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Store a batch. 200 means committed; 422 that no event was good."""
        with self._budget.share(client_of(req, self._proxies)) as body_share:
            batch = parse_batch(
                # Not held here: it is large.
                body_share.receive(read_json_body(req, self._max_body_bytes, body_share)),
                self._max_batch_size,
                self._max_event_bytes,
            )
            self._rate_limit.take_events(req, len(batch.rows) + batch.failed)
            counts = self._writer.store(batch.rows) if batch.rows else Counts(0, 0)
            if counts.expired:
                batch.reject_expired(counts.expired)
        metrics.count_batch(counts.inserted, counts.duplicates, batch.failed)
        metrics.count_repairs(batch.repaired)
        set_commit_lsn(resp, counts.lsn)
        resp.status = falcon.HTTP_200 if batch.rows else falcon.HTTP_422
        resp.media = describe(batch, counts)


def describe(batch: Batch, counts: Counts) -> dict[str, Any]:
    """What became of the batch, as the SDK reads it."""
    stored = counts.inserted + counts.duplicates
    return {
        "status": "partial" if batch.failed and stored else "error" if batch.failed else "success",
        "message": f"Ingested {stored} events",
        "count": stored,
        "inserted": counts.inserted,
        "duplicates": counts.duplicates,
        **batch.describe(),
    }


class Children(DatabaseResource):
    """The direct children of an event."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response, event_id: str) -> None:
        """Answer with the children, oldest first; 404 for an event that is not stored."""
        allow_parameters(req, {"run_id"})
        run_id = optional_id(req, "run_id")
        event = to_uuid(event_id)
        with self._database.snapshot() as conn:
            place = find_event(conn, event, run_id) if event else None
            if place is None:
                raise ApiError(falcon.HTTP_404, "event_not_found", "There is no such event.")
            run_id = place["run_id"]
            check_events(conn, run_id, event)
            found = queries.events.children(conn, event_id=event, run_id=run_id).fetchall()
            resp.media = in_order(found)


def find_event(conn: Connection, event_id: str, run_id: str | None) -> Row | None:
    """Where an event lies: in this run, or in the latest that has it; None where it does not."""
    if run_id is None:
        return queries.events.find(conn, event_id=event_id).fetchone()
    return queries.events.find_in_run(conn, event_id=event_id, run_id=run_id).fetchone()
