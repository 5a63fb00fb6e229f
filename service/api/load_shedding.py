"""The gate in front of the application: while too much waits, ingest is refused there.

Asking which events are stored is no ingest, though it is a POST: it waits for no writer, and who
was refused has the more reason to ask. Its body is admitted as those of ingest are (admission.py).

What is refused costs what is accepted its time, so it happens before falcon has looked at the
request, and before its body is read.
"""

from collections.abc import Callable, Iterable
from typing import Any

import falcon

from service.api import otlp_responses as otlp
from service.api.errors import OVERLOADED, RETRY_AFTER_SECONDS, shape
from service.api.middleware.basics import raw_path, request_id
from service.api.response_headers import SECURITY
from service.telemetry import metrics

# A small body is read and thrown away, which takes less than a new connection; a larger one is not.
THROWN_AWAY_BYTES = 65_536
CHECK_PATH = "/events/check"

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class LoadShedder:
    """A WSGI application: the service's own, but for ingest while there is no room."""

    def __init__(
        self, app: "falcon.App[falcon.Request, falcon.Response]", has_room: Callable[[], bool]
    ) -> None:
        self.app = app
        self._has_room = has_room

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if not is_ingest(environ) or self._has_room():
            answer = self.app(environ, start_response)
            if is_out_of_step(environ["wsgi.input"]):
                close_afterwards(start_response)
            return answer
        metrics.REFUSED.inc()
        return refuse(environ, start_response)


def is_ingest(environ: Environ) -> bool:
    """Whether a request may store events: any POST but the one that reads, by the path it took.

    It is the path that decides where it goes (middleware.RawPath), so it cannot be another's.
    """
    if environ["REQUEST_METHOD"] != "POST":
        return False
    return not path_of(environ).endswith(CHECK_PATH)


def path_of(environ: Environ) -> str:
    """The path without a slash at its end, as it was sent where the server tells."""
    return raw_path(environ) or str(environ["PATH_INFO"]).rstrip("/")


def refuse(environ: Environ, start_response: StartResponse) -> list[bytes]:
    """Answer 503, to be sent again."""
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
    if unread_bytes(environ) > THROWN_AWAY_BYTES:
        close_afterwards(start_response)
    return [body]


def refusal(environ: Environ, own_id: str) -> tuple[str, bytes]:
    """Return the type and bytes of the answer: the one shape of errors, or what OTLP has for it."""
    code, description = OVERLOADED
    if path_of(environ).endswith(otlp.PATH):
        return otlp.error(environ.get("CONTENT_TYPE"), 503, description, own_id)
    retry = RETRY_AFTER_SECONDS
    body = shape(falcon.HTTP_503, description, code, own_id, retry_after=retry)
    return falcon.MEDIA_JSON, body


def unread_bytes(environ: Environ) -> float:
    """How large the body says it is; without end where it is chunked."""
    length = environ.get("CONTENT_LENGTH") or ""
    return int(length) if length.isdigit() else float("inf")


def is_out_of_step(body: Any) -> bool:
    """Whether what follows on the connection is not, or not soon, another request.

    After a body that failed gunicorn closes the connection in any case, but does not say so. For
    the rest of one that nobody read (413 for its length, 415) it would wait, 75 s under gevent.
    """
    reader = getattr(body, "reader", None)  # gunicorn's own; meinheld has read the body already
    if getattr(body, "failed", False) or getattr(reader, "parser", None) is not None:
        return True  # of chunks: some are left
    return bool(getattr(reader, "length", 0) > THROWN_AWAY_BYTES)


def close_afterwards(start_response: StartResponse) -> None:
    """Tell gunicorn to close the connection; a server that is another has read the body already."""
    force_close = getattr(getattr(start_response, "__self__", None), "force_close", None)
    if force_close is not None:
        force_close()
