"""From exceptions to HTTP: the status, code and description of every error, in one shape.

4xx responses are permanent, except 429. 429 and 503 are retryable and carry Retry-After. No stack
trace, SQL or host name is ever part of a response.
"""

import logging
from typing import Any

import falcon
import orjson
import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests

from service.api import otlp_responses as otlp
from service.api.middleware.basics import identify
from service.api.policy import Share
from service.api.trace_context import trace_context
from service.core.overloaded import Overloaded, StorageFull
from service.db.client_turns import NoTurn
from service.db.errors import Transient, transient_kind
from service.ingest.json.batch import BadBatch, BatchTooLarge
from service.ingest.otlp.span import Malformed
from service.ingest.row_bytes import RowsTooLarge
from service.postgres.storage import STORAGE_FULL
from service.telemetry import metrics
from service.telemetry.logging import reason

RETRY_AFTER_SECONDS = 1

log = logging.getLogger(__name__)


class ApiError(falcon.HTTPError):
    """An error with a stable code. `extra` is added to the fields of every error."""

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


# For errors that Falcon raises without a code.
NAMES = {
    falcon.HTTP_400: ("bad_request", "The request is malformed."),
    falcon.HTTP_404: ("not_found", "This path does not exist."),
    falcon.HTTP_405: ("method_not_allowed", "This path has other methods: see Allow."),
    falcon.HTTP_413: ("body_too_large", "The body is too large."),
    falcon.HTTP_415: ("unsupported_media_type", "Send application/json."),
    falcon.HTTP_500: ("internal", "An internal error occurred. The service has logged it."),
}
TRANSIENT = {
    Transient.UNAVAILABLE: "The database is unavailable. Retry the request.",
    Transient.OVERLOADED: "The service is overloaded. Retry the request.",
    Transient.LOCKED: "The rows or tables are locked. Retry the request.",
    Transient.CONFLICT: "Another transaction changed the same rows. Retry the request.",
    Transient.TIMEOUT: "The database took too long. Retry the request.",
    Transient.TOO_HEAVY: "The read needs too much temporary disk space. Request less at once.",
    Transient.STORAGE_FULL: f"{STORAGE_FULL} Then retry the request.",
    Transient.CONNECTIONS_FULL: "PostgreSQL has no free connection. Retry the request.",
}
WRITES_WAIT = "Your other scores and log messages are being stored. Send fewer requests at once."
WAYS_OUT = {
    Share.READS: "Send fewer at once, or narrow those that take long.",
    Share.EXPORTS: "Wait until one of them ends.",
    Share.STREAMS: "Close one of them, or let several readers share one.",
}
SLOW_READ = (Transient.TIMEOUT, Transient.LOCKED, Transient.TOO_HEAVY)
CONSTRAINTS = {
    "runs_agent_name_run_name_key": ("run_name_taken", "Another run of the agent has this name."),
    "runs_agent_name_fkey": ("agent_in_use", "The agent has runs."),
}


def add_error_handlers(app: "falcon.App[falcon.Request, falcon.Response]") -> None:
    """Register a handler for every exception that a resource may raise."""
    app.set_error_serializer(serialize)
    app.add_error_handler(psycopg.Error, on_database_error)
    app.add_error_handler((PoolTimeout, TooManyRequests, Overloaded), on_overload)
    app.add_error_handler(NoTurn, on_no_turn)
    app.add_error_handler(StorageFull, on_storage_full)
    app.add_error_handler(BadBatch, on_bad_batch)
    app.add_error_handler(BatchTooLarge, on_batch_too_large)
    app.add_error_handler(RowsTooLarge, on_rows_too_large)
    app.add_error_handler(Malformed, on_malformed)
    app.add_error_handler(Exception, on_unexpected)
    app.add_error_handler(falcon.HTTPError, on_http_error)


def serialize(req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError) -> None:
    """Write the error in the shape of all errors; for OTLP clients, as google.rpc.Status."""
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
    """Write what a resource or Falcon's router raised."""
    resp.status = error.status
    for name, value in dict(error.headers or {}).items():
        resp.set_header(name, value)
    serialize(req, resp, error)


def on_database_error(
    req: falcon.Request, resp: falcon.Response, error: psycopg.Error, params: dict[str, Any]
) -> None:
    """Raise the error of the constraint, else that of the kind, else 500."""
    constraint = CONSTRAINTS.get(error.diag.constraint_name or "")
    if constraint is not None:
        raise ApiError(falcon.HTTP_409, *constraint)
    kind = transient_kind(error)
    if kind is None:
        return on_unexpected(req, resp, error, params)
    log.warning("%s: %s", kind, reason(error), extra=log_fields(req))
    slow_read = kind in SLOW_READ and req.context.get("is_read")
    raise transient(kind, falcon.HTTP_504 if slow_read else falcon.HTTP_503)


def transient(kind: Transient, status: str = falcon.HTTP_503) -> ApiError:
    """The error for a kind of transient error."""
    return ApiError(status, str(kind), TRANSIENT[kind], retry=True)


def log_fields(req: falcon.Request) -> dict[str, str]:
    """The log's fields that lead to the request's own line, and to the client's trace."""
    return {"request_id": req.context.request_id, **trace_context(req)}


def on_overload(
    req: falcon.Request, resp: falcon.Response, error: Exception, params: dict[str, Any]
) -> None:
    """Raise 503: no connection was free in time, or a queue or budget is full."""
    raise transient(Transient.OVERLOADED)


def share_used(kind: Share, limit: int) -> ApiError:
    """The error for a client that holds its share of a worker; counts the refusal."""
    metrics.SHARE_REFUSALS.labels(kind).inc()
    text = (
        f"One key, or without keys one address, has at most {limit} {kind} at a time in each "
        f"worker, so that others get theirs. {WAYS_OUT[kind]}"
    )
    return ApiError(falcon.HTTP_429, "concurrency_limited", text, retry=True, limit=limit)


def on_no_turn(
    req: falcon.Request, resp: falcon.Response, error: NoTurn, params: dict[str, Any]
) -> None:
    """Raise 429, or 503 for a write: the client's others have kept it waiting for too long.

    Not all exporters send again what got 429.
    """
    if req.context.get("is_read"):
        raise share_used(Share.READS, error.limit)
    metrics.SHARE_REFUSALS.labels(Share.WRITES).inc()
    raise ApiError(falcon.HTTP_503, Transient.OVERLOADED, WRITES_WAIT, retry=True)


def on_storage_full(
    req: falcon.Request, resp: falcon.Response, error: StorageFull, params: dict[str, Any]
) -> None:
    """Raise 503: the disk of the database is nearly full."""
    raise transient(Transient.STORAGE_FULL)


def on_bad_batch(
    req: falcon.Request, resp: falcon.Response, error: BadBatch, params: dict[str, Any]
) -> None:
    """Raise 400: the body is not a batch."""
    raise ApiError(falcon.HTTP_400, error.code, str(error))


def on_batch_too_large(
    req: falcon.Request, resp: falcon.Response, error: BatchTooLarge, params: dict[str, Any]
) -> None:
    """Raise 413: the batch has too many events."""
    raise ApiError(falcon.HTTP_413, "batch_too_large", str(error), limit=error.limit)


def on_rows_too_large(
    req: falcon.Request, resp: falcon.Response, error: RowsTooLarge, params: dict[str, Any]
) -> None:
    """Raise 413: the rows of the body are many times its size."""
    raise ApiError(falcon.HTTP_413, "rows_too_large", str(error), limit=error.limit)


def on_malformed(
    req: falcon.Request, resp: falcon.Response, error: Malformed, params: dict[str, Any]
) -> None:
    """Raise 400: the body is not OTLP."""
    text = f"The body is not an ExportTraceServiceRequest: {error}. Nothing was stored."
    raise ApiError(falcon.HTTP_400, "invalid_otlp", text)


def on_unexpected(
    req: falcon.Request, resp: falcon.Response, error: Exception, params: dict[str, Any]
) -> None:
    """Raise 500; the exception is logged and not part of the response."""
    log.error("unexpected", exc_info=error, extra=log_fields(req))
    raise ApiError(falcon.HTTP_500, *NAMES[falcon.HTTP_500])
