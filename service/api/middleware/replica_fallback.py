"""A GET that a replica could not answer runs again, from the beginning, on the primary.

Requests with a cursor always go to the primary: a lagging replica would silently skip rows.

A 404 of a replica may mean lag. A replica that cancels a read, because the replay removes rows that
the read still sees (40001), or that goes away during a read, has answered nothing.

A read whose prepared plan a migration has made invalid runs again on the same server.
"""

import logging
import re
import time
from collections.abc import Callable
from typing import Any

import falcon
import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests

from service.api.response_headers import COMMIT_LSN
from service.db.database import Database
from service.db.errors import is_stale_plan
from service.db.replica import Replica, is_server_unavailable
from service.db.request_routing import ReadRouting, ReplicaMissing, read_routing
from service.telemetry.logging import reason
from service.telemetry.metrics import ASKED_AGAIN

LSN = re.compile(r"[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}").fullmatch
CURSORS = {"after", "cursor"}  # parameters
# Connection, conflict, rows or privileges that a migration changes, shutting down, I/O.
REPLICA_ONLY = ("08", "40", "42", "57P", "58")

SECONDS_BETWEEN_WARNINGS = 60.0

log = logging.getLogger(__name__)


class ResetReplicaRouting:
    """Middleware: clear the routing of the thread's last request. All but GET use the primary."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Clear it."""
        read_routing.set(None)


def read_with_fallback(
    database: Database,
    read: Callable[..., None],
    req: falcon.Request,
    resp: falcon.Response,
    params: dict[str, Any],
) -> None:
    """Call `read` on any server that is recent enough; after a replica's failure, on the primary.

    `read` may run again because it changes nothing and has sent nothing yet.
    """
    routing = ReadRouting(
        req.get_header(COMMIT_LSN), database.primary if needs_primary(req) else None
    )
    read_routing.set(routing)
    read = with_new_plans(read)
    try:
        read(req, resp, **params)
    except Exception as error:
        if routing.replica is None or not may_be_replicas_fault(error, routing.replica):
            raise
        ASKED_AGAIN.labels(str(routing.replica.number)).inc()
        routing.server, routing.replica = database.primary, None
        read(req, resp, **params)


def with_new_plans(read: Callable[..., None]) -> Callable[..., None]:
    """Wrap a read: it runs again after a migration has made a prepared plan invalid.

    The pool has discarded its connections by then, so the second time all is prepared again.
    """

    def read_again(req: falcon.Request, resp: falcon.Response, **params: Any) -> None:
        try:
            read(req, resp, **params)
        except psycopg.errors.FeatureNotSupported as error:
            if not is_stale_plan(error):
                raise
            log.info("a read is retried: a migration changed what its statement returns")
            read(req, resp, **params)

    return read_again


def needs_primary(req: falcon.Request) -> bool:
    """Whether the request has a cursor, or an X-Commit-LSN that is no position."""
    lsn = req.get_header(COMMIT_LSN)
    return bool(CURSORS & req.params.keys()) or (lsn is not None and not LSN(lsn))


def may_be_replicas_fault(error: Exception, replica: Replica) -> bool:
    """Whether the primary may answer. A replica that went away is marked as unusable."""
    if isinstance(error, (ReplicaMissing, falcon.HTTPError)):
        return isinstance(error, ReplicaMissing) or error.status_code == 404
    if isinstance(error, (PoolTimeout, TooManyRequests)):
        return not replica.is_usable  # a usable one is busy, as the primary then is
    if not isinstance(error, psycopg.Error):
        return False
    if is_server_unavailable(error):
        replica.mark_away(error)
        return True
    if not (error.sqlstate or "").startswith(REPLICA_ONLY):
        return False
    report(replica, error)
    return True


def report(replica: Replica, error: psycopg.Error) -> None:
    """Log what a replica cannot answer, such as a missing grant, once a minute."""
    if time.monotonic() > replica.reported_at + SECONDS_BETWEEN_WARNINGS:
        replica.reported_at = time.monotonic()
        log.warning(
            "replica %d failed a read, retried on the primary: %s", replica.number, reason(error)
        )
