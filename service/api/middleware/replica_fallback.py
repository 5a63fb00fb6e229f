"""A GET that a replica could not answer is asked of the primary, from the beginning.

One that goes on where another answer ended is asked there at once: a replica that is behind the
server of that answer would leave out, without a sign, what it does not have yet.

One that knows of no such run may be behind. One that cancels a read, because what it replays
removes what the read still sees (40001), or that goes away under it, has answered nothing. The
responder of a GET changes nothing and has sent nothing yet, so it may run twice.
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
from service.db.replica import Replica, is_server_unavailable
from service.db.request_routing import ReadRouting, ReplicaMissing, read_routing
from service.telemetry.logging import reason
from service.telemetry.metrics import ASKED_AGAIN

LSN = re.compile(r"[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}").fullmatch
GOES_ON = {"after", "cursor"}  # parameters
# Connection, conflict, rows or privileges that a migration changes, shutting down, I/O.
ONLY_THERE = ("08", "40", "42", "57P", "58")

SECONDS_BETWEEN_WARNINGS = 60.0

Responder = Callable[..., None]

log = logging.getLogger(__name__)


class ResetReplicaRouting:
    """Each request begins with nothing known: its thread may have answered another before."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """ResetReplicaRouting who asked last, so that what is no GET reads from the primary."""
        read_routing.set(None)


def with_replica_fallback(responder: Responder, database: Database) -> Responder:
    """The responder of a GET, on any server that will do, then where that failed on the primary."""

    def respond(req: falcon.Request, resp: falcon.Response, **params: Any) -> None:
        who = ReadRouting(
            req.get_header(COMMIT_LSN), database.primary if must_be_the_primary(req) else None
        )
        read_routing.set(who)
        try:
            responder(req, resp, **params)
        except Exception as error:
            if who.replica is None or not may_be_the_replicas(error, who):
                raise
            ASKED_AGAIN.labels(str(who.replica.number)).inc()
            who.server, who.replica = database.primary, None
            responder(req, resp, **params)

    return respond


def must_be_the_primary(req: falcon.Request) -> bool:
    """Whether it goes on where another answer ended, or has to be as far as no place of the log."""
    lsn = req.get_header(COMMIT_LSN)
    return bool(GOES_ON & req.params.keys()) or (lsn is not None and not LSN(lsn))


def may_be_the_replicas(error: Exception, who: ReadRouting) -> bool:
    """Whether another server may answer; one that is gone is not asked again before it is back."""
    replica = who.replica
    assert replica is not None, "it was asked"  # noqa: S101
    if isinstance(error, (ReplicaMissing, falcon.HTTPError)):
        return isinstance(error, ReplicaMissing) or error.status_code == 404
    if isinstance(error, (PoolTimeout, TooManyRequests)):
        return not replica.is_usable  # else it has much to do, as the primary has
    if not isinstance(error, psycopg.Error):
        return False
    if is_server_unavailable(error):
        replica.mark_away(error)
        return True
    if not (error.sqlstate or "").startswith(ONLY_THERE):
        return False
    report(replica, error)
    return True


def report(replica: Replica, error: psycopg.Error) -> None:
    """Say what a replica cannot answer, once a minute: as a grant that it lacks."""
    if time.monotonic() > replica.reported_at + SECONDS_BETWEEN_WARNINGS:
        replica.reported_at = time.monotonic()
        log.warning("replica %d, asked of the primary: %s", replica.number, reason(error))
