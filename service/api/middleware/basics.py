"""What happens around every request: its id, its raw path, and CORS."""

import random
import re
from typing import Any

import falcon

from service.api.response_headers import SECURITY
from service.db.queries import queries

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}").fullmatch
EXPOSED_HEADERS = (
    "Content-Disposition, Link, Location, Retry-After, X-Commit-LSN, "
    "X-Metrics-As-Of, X-Metrics-Refreshed-At, X-Request-Id"
)


class RequestId:
    """Give each request an id, the client's own where it sends one."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Set context.request_id; refuse HTTP/1.1 without Host (RFC 9112)."""
        identify(req, resp)
        if "HTTP_HOST" not in req.env and req.env.get("SERVER_PROTOCOL") == "HTTP/1.1":
            raise falcon.HTTPBadRequest(description="A request of HTTP/1.1 needs a Host.")


def identify(req: falcon.Request, resp: falcon.Response) -> str:
    """Return the request's id, given now if it has none: what falcon itself refuses has none.

    With it the answer has the headers that every answer has.
    """
    if "request_id" not in req.context:
        req.context.request_id = request_id(req.get_header("X-Request-Id"))
        resp.set_headers({"X-Request-Id": req.context.request_id, **SECURITY})
    return str(req.context.request_id)


def request_id(sent: str | None) -> str:
    """What the client sent, if it will do as an id; else 32 hexadecimal digits.

    Not uuid4: that asks the kernel, and waits for its turn again.
    """
    return sent if sent and REQUEST_ID(sent) else f"{random.getrandbits(128):032x}"


class RawPath:
    """Route on the path as it was sent: the server decodes PATH_INFO, and %2F would be a slash.

    gunicorn's own workers hand it on as RAW_URI. meinheld has none (and decodes twice): the nginx
    in front of it says it in X-Original-URI, which counts for nothing where RAW_URI is there.
    """

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Replace the path; the converter `name` decodes each segment by itself."""
        path = raw_path(req.env)
        if path:
            req.path = path


def raw_path(environ: dict[str, Any]) -> str | None:
    """The path as it was sent, without a slash at its end; None where the server does not tell."""
    raw: str | None = environ.get("RAW_URI") or environ.get("HTTP_X_ORIGINAL_URI")
    if not raw:
        return None
    path = raw.partition("?")[0]
    if not path.startswith("/"):  # absolute form: http://host/path
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path.rstrip("/") or "/"


class ReloadQueries:
    """Read the SQL files anew at each request, when DEBUG is on."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """ReloadQueries every query."""
        queries.reload()


def cors(origins: tuple[str, ...]) -> "falcon.CORSMiddleware[Any, Any]":
    """Let pages of these origins read and change; without credentials."""
    allowed = "*" if origins == ("*",) else origins
    return falcon.CORSMiddleware(allow_origins=allowed, expose_headers=EXPOSED_HEADERS)
