"""The one table from SQLSTATE and exception to HTTP, and the one shape of an error.

4xx but 429 is for ever; 429 and 503 mean "not now, send it again" and carry Retry-After. Nothing of
the inside (stack, SQL, host) is ever part of an answer.
"""

import logging
from typing import Any

import falcon
import orjson
import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests

from service.api import otlp_responses as otlp
from service.api.middleware.basics import identify
from service.api.trace_context import trace_context
from service.core.overloaded import Overloaded
from service.ingest.json.batch import BadBatch, BatchTooLarge
from service.ingest.otlp.span import Malformed
from service.telemetry.logging import reason

RETRY_AFTER_SECONDS = 1

log = logging.getLogger(__name__)


class ApiError(falcon.HTTPError):
    """An error with a stable code; `extra` goes into the body beside the shape's fields."""

    def __init__(
        self,
        status: str,
        code: str,
        description: str,
        retry: bool = False,
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        if retry:
            headers = {**(headers or {}), "Retry-After": str(RETRY_AFTER_SECONDS)}
        super().__init__(status, description=description, headers=headers)
        self.name = code
        self.extra = extra | ({"retry_after": RETRY_AFTER_SECONDS} if retry else {})


NAMES = {
    falcon.HTTP_400: ("bad_request", "The request cannot be understood."),
    falcon.HTTP_404: ("not_found", "There is nothing at this path."),
    falcon.HTTP_405: ("method_not_allowed", "This path takes other methods: see Allow."),
    falcon.HTTP_413: ("body_too_large", "The body is too large."),
    falcon.HTTP_415: ("unsupported_media_type", "Send application/json."),
    falcon.HTTP_500: ("internal", "Something went wrong inside the service; it is logged."),
}

UNAVAILABLE = ("database_unavailable", "The database cannot be reached. Send it again.")
OVERLOADED = ("overloaded", "Too much is waiting just now. Send it again.")
LOCKED = ("locked", "What this needs is locked just now. Send it again.")
CONFLICT = ("conflict", "Others changed the same rows at the same time. Send it again.")
TIMEOUT = ("timeout", "The database took too long. Send it again.")
TOO_HEAVY = ("too_heavy", "This needs more room than one read may have. Ask for less at once.")

# The longest prefix of the SQLSTATE decides.
PASSING = {
    "08": UNAVAILABLE,  # connection
    "25006": UNAVAILABLE,  # read-only: a primary that was demoted
    "40": CONFLICT,  # deadlock, serialization
    "53": OVERLOADED,  # disk full, too many connections, out of memory
    "53400": TOO_HEAVY,  # temp_file_limit
    "55P03": LOCKED,
    "57014": TIMEOUT,
    "57P": UNAVAILABLE,  # shutting down, starting up, killed
    "58": UNAVAILABLE,  # I/O
}
CONSTRAINTS = {
    "runs_agent_name_run_name_key": ("run_name_taken", "Another run of the agent has this name."),
    "runs_agent_name_fkey": ("agent_in_use", "The agent has runs."),
}


def add_error_handlers(app: "falcon.App[falcon.Request, falcon.Response]") -> None:
    """Teach the application every exception that a resource may let through."""
    app.set_error_serializer(serialize)
    app.add_error_handler(psycopg.Error, on_database_error)
    app.add_error_handler((PoolTimeout, TooManyRequests, Overloaded), on_overload)
    app.add_error_handler(BadBatch, on_bad_batch)
    app.add_error_handler(BatchTooLarge, on_batch_too_large)
    app.add_error_handler(Malformed, on_malformed)
    app.add_error_handler(Exception, on_unexpected)
    app.add_error_handler(falcon.HTTPError, on_http_error)


def serialize(req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError) -> None:
    """Write the one shape, with the case's extras; to an OTLP client, what OTLP has for it."""
    code, description = NAMES.get(str(error.status), ("error", error.title or ""))
    description = error.description or description
    if otlp.is_otlp(req):
        request_id = identify(req, resp)
        resp.content_type, resp.data = otlp.error(
            req.content_type, error.status_code, description, request_id
        )
        return
    resp.content_type = falcon.MEDIA_JSON
    resp.data = shape(
        error.title or str(error.status),
        description,
        getattr(error, "name", code),
        identify(req, resp),
        **getattr(error, "extra", {}),
    )


def shape(title: str, description: str, code: str, request_id: str, **extra: Any) -> bytes:
    """The body of every error."""
    return orjson.dumps(
        {
            "title": title,
            "description": description,
            "code": code,
            "request_id": request_id,
            "detail": description,  # existing clients print it
            **extra,
        }
    )


def on_http_error(
    req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError, params: dict[str, Any]
) -> None:
    """Answer what a resource or the router raised."""
    resp.status = error.status
    for name, value in dict(error.headers or {}).items():
        resp.set_header(name, value)
    serialize(req, resp, error)


def on_database_error(
    req: falcon.Request, resp: falcon.Response, error: psycopg.Error, params: dict[str, Any]
) -> None:
    """Translate by constraint, then by SQLSTATE; a lost connection has none."""
    constraint = CONSTRAINTS.get(error.diag.constraint_name or "")
    if constraint is not None:
        raise ApiError(falcon.HTTP_409, *constraint)
    passing = find_passing(error)
    if passing is None:
        return on_unexpected(req, resp, error, params)
    log.warning("%s: %s", passing[0], reason(error), extra=about(req))
    slow_read = passing in (TIMEOUT, LOCKED, TOO_HEAVY) and req.context.get("is_read")
    raise ApiError(falcon.HTTP_504 if slow_read else falcon.HTTP_503, *passing, retry=True)


def about(req: falcon.Request) -> dict[str, str]:
    """The fields of the log that lead to the request's own line, and to the client's trace."""
    return {"request_id": req.context.request_id, **trace_context(req)}


def find_passing(error: psycopg.Error) -> tuple[str, str] | None:
    """The code and text of a fault that passes; None when it will not."""
    state = error.sqlstate
    if state is None:
        return UNAVAILABLE if isinstance(error, psycopg.OperationalError) else None
    return next((PASSING[state[:n]] for n in (5, 3, 2) if state[:n] in PASSING), None)


def on_overload(
    req: falcon.Request, resp: falcon.Response, error: Exception, params: dict[str, Any]
) -> None:
    """No connection or no room in the queue in time."""
    raise ApiError(falcon.HTTP_503, *OVERLOADED, retry=True)


def on_bad_batch(
    req: falcon.Request, resp: falcon.Response, error: BadBatch, params: dict[str, Any]
) -> None:
    """A body that is no batch."""
    raise ApiError(falcon.HTTP_400, error.code, str(error))


def on_batch_too_large(
    req: falcon.Request, resp: falcon.Response, error: BatchTooLarge, params: dict[str, Any]
) -> None:
    """A batch of too many events."""
    raise ApiError(falcon.HTTP_413, "batch_too_large", str(error), limit=error.limit)


def on_malformed(
    req: falcon.Request, resp: falcon.Response, error: Malformed, params: dict[str, Any]
) -> None:
    """A body that is no OTLP."""
    text = f"The body is no ExportTraceServiceRequest: {error}. Nothing was stored."
    raise ApiError(falcon.HTTP_400, "invalid_otlp", text)


def on_unexpected(
    req: falcon.Request, resp: falcon.Response, error: Exception, params: dict[str, Any]
) -> None:
    """A fault of ours: told in the log, not in the answer."""
    log.error("unexpected", exc_info=error, extra=about(req))
    raise ApiError(falcon.HTTP_500, *NAMES[falcon.HTTP_500])
