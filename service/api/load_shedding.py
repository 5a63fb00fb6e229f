"""Load shedding: while the writer's queue is full, ingest is refused before Falcon sees it.

A key of which less is under way than of others is accepted also then: see IngestShares.

POST /events/check is exempt: it does not use the writer, and rejected clients need it most. Its
body counts in a BodyBudget of its own.

Reject early, before routing and reading the body, because rejected requests take CPU from accepted
ones.
"""

from collections.abc import Callable, Iterable
from typing import Any

import falcon

from service.api import otlp_responses as otlp
from service.api.errors import RETRY_AFTER_SECONDS, TRANSIENT, shape
from service.api.ingest_shares import IngestShares
from service.api.middleware.authorization import key_of
from service.api.middleware.basics import raw_path, request_id
from service.api.response_headers import SECURITY
from service.db.errors import Transient
from service.telemetry import metrics

# A small unread body is discarded, because that costs less than a new connection.
DISCARDED_BYTES = 65_536
CHECK_PATH = "/events/check"

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class LoadShedder:
    """A WSGI application: the service's own, or 503 for ingest while the writer has no room."""

    def __init__(
        self,
        app: "falcon.App[falcon.Request, falcon.Response]",
        has_room: Callable[[], bool],
        known_key: Callable[[str], str | None],
        shares: IngestShares,
    ) -> None:
        """`known_key` gives the id of a valid key without asking PostgreSQL, or None."""
        self.app = app
        self._has_room = has_room
        self._known_key = known_key
        self._shares = shares

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Handle a request."""
        if not is_ingest(environ):
            return self._answer(environ, start_response)
        has_room = self._has_room()
        key_id = self._known_key(key_of(environ.get("HTTP_AUTHORIZATION", "")))
        if not (self._shares.enter(key_id, has_room) if key_id else has_room):
            metrics.REFUSED.inc()
            return refuse(environ, start_response)
        try:
            return self._answer(environ, start_response)
        finally:
            if key_id:
                self._shares.leave(key_id)

    def _answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = self.app(environ, start_response)
        if has_unread_rest(environ["wsgi.input"]):
            close_afterwards(start_response)
        return body


def is_ingest(environ: Environ) -> bool:
    """Whether a request may store events: any POST but the stored check.

    The path is the one that RawPath routes on, so no spelling of it reaches another resource.
    """
    if environ["REQUEST_METHOD"] != "POST":
        return False
    return not path_of(environ).endswith(CHECK_PATH)


def path_of(environ: Environ) -> str:
    """The path without a slash at its end, undecoded where the server provides it."""
    return raw_path(environ) or str(environ["PATH_INFO"]).rstrip("/")


def refuse(environ: Environ, start_response: StartResponse) -> list[bytes]:
    """Respond with a retryable 503."""
    own_id = request_id(environ.get("HTTP_X_REQUEST_ID"))
    content_type, body = refusal(environ, own_id)
    start_response(
        falcon.HTTP_503,
        [
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            ("Retry-After", str(RETRY_AFTER_SECONDS)),
            ("X-Request-Id", own_id),
            *SECURITY.items(),
        ],
    )
    if unread_bytes(environ) > DISCARDED_BYTES:
        close_afterwards(start_response)
    return [body]


def refusal(environ: Environ, own_id: str) -> tuple[str, bytes]:
    """Return content type and body: the shape of all errors, or google.rpc.Status for OTLP."""
    description = TRANSIENT[Transient.OVERLOADED]
    if path_of(environ).endswith(otlp.PATHS):
        return otlp.error(environ.get("CONTENT_TYPE"), 503, description, own_id)
    retry = RETRY_AFTER_SECONDS
    body = shape(falcon.HTTP_503, description, Transient.OVERLOADED, own_id, retry_after=retry)
    return falcon.MEDIA_JSON, body


def unread_bytes(environ: Environ) -> float:
    """The declared Content-Length; infinite for a chunked body."""
    length = environ.get("CONTENT_LENGTH") or ""
    return int(length) if length.isdigit() else float("inf")


def has_unread_rest(body: Any) -> bool:
    """Whether unread bytes of the body stand before the connection's next request.

    After a failed read gunicorn closes the connection, but sends no Connection: close. For the rest
    of a refused body (413 for its length, 415) gunicorn would wait, 75 s under gevent.
    """
    reader = getattr(body, "reader", None)  # gunicorn's; meinheld has read the body already
    if getattr(body, "failed", False) or getattr(reader, "parser", None) is not None:
        return True  # chunks are left
    return bool(getattr(reader, "length", 0) > DISCARDED_BYTES)


def close_afterwards(start_response: StartResponse) -> None:
    """Let gunicorn close the connection after the response. Other servers have read the body."""
    force_close = getattr(getattr(start_response, "__self__", None), "force_close", None)
    if force_close is not None:
        force_close()
