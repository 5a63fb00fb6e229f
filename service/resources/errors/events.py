"""GET /errors/{fingerprint}: the errors of one group, the newest first."""

from datetime import UTC, datetime
from typing import NamedTuple

import falcon

from service.api.cursors import pack, to_id, to_moment, unpack
from service.api.pagination.page import set_next
from service.api.parameters import allow_parameters, integer, optional_text, time_range
from service.api.policy import READ, Policy
from service.api.resource import DatabaseResource
from service.db.queries import Row, queries
from service.db.request_routing import require_primary
from service.resources.errors.shown import (
    shown_error,
    shown_fingerprint,
    shown_place,
    stored_fingerprint,
)

DEFAULT_LIMIT, MAX_LIMIT = 50, 200


class ErrorKey(NamedTuple):
    """The sort key of an error."""

    timestamp: datetime
    run_id: str
    event_id: str


class ErrorEvents(DatabaseResource):
    """The errors of a group."""

    policy = Policy({"GET": READ})

    def read(self, req: falcon.Request, resp: falcon.Response, fingerprint: str) -> None:
        """Respond with a page of errors, and the cursor of the next one."""
        allow_parameters(req, {"agent", "environment", "from", "to", "limit", "cursor"})
        stored = stored_fingerprint(fingerprint)
        from_at, to_at = time_range(req, UTC)
        limit = integer(req, "limit", DEFAULT_LIMIT, low=1, clamp=MAX_LIMIT)
        after = read_cursor(optional_text(req, "cursor"))
        with self._database.reading() as conn:
            rows = queries.errors.events(
                conn,
                fingerprint=stored,
                row_limit=limit + 1,
                agent=optional_text(req, "agent"),
                environment=optional_text(req, "environment"),
                from_at=from_at,
                to_at=to_at,
                after_timestamp=after and after.timestamp,
                after_run_id=after and after.run_id,
                after_event_id=after and after.event_id,
            ).fetchall()
        if not rows:
            require_primary()
        cursor = pack(*key_of(rows[limit - 1])) if len(rows) > limit else None
        if cursor:
            set_next(resp, {**req.params, "cursor": cursor})
        resp.media = {
            "fingerprint": shown_fingerprint(stored),
            "errors": [shown_event(row) for row in rows[:limit]],
            "next_cursor": cursor,
        }


def read_cursor(cursor: str | None) -> ErrorKey | None:
    """The key in a cursor; raise ApiError 400 for an invalid one."""
    if cursor is None:
        return None
    timestamp, run_id, event_id = unpack(cursor, 3)
    return ErrorKey(to_moment(timestamp), to_id(run_id), to_id(event_id))


def key_of(row: Row) -> ErrorKey:
    """The sort key of a row."""
    return ErrorKey(row["timestamp"], row["run_id"], row["event_id"])


def shown_event(row: Row) -> Row:
    """An error as JSON."""
    return {"timestamp": row["timestamp"], **shown_error(row), **shown_place(row)}
