"""Middleware of every request: its id, its raw path, CORS, and SQL reload."""

import random
import re
from typing import Any

import falcon

from service.api.response_headers import SECURITY
from service.db.database import Database
from service.db.query_reload import QueryReload

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}").fullmatch
EXPOSED_HEADERS = (
    "Content-Disposition, Link, Location, Retry-After, X-Commit-LSN, "
    "X-Metrics-As-Of, X-Metrics-Refreshed-At, X-Request-Id"
)


class RequestId:
    """Middleware: each request has an id, the client's where X-Request-Id is valid."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Set context.request_id; refuse HTTP/1.1 without Host (RFC 9112)."""
        identify(req, resp)
        if "HTTP_HOST" not in req.env and req.env.get("SERVER_PROTOCOL") == "HTTP/1.1":
            raise falcon.HTTPBadRequest(description="An HTTP/1.1 request needs a Host header.")


def identify(req: falcon.Request, resp: falcon.Response) -> str:
    """Return the request's id. Requests that Falcon itself refuses get theirs here.

    Also sets the headers of every response.
    """
    if "request_id" not in req.context:
        req.context.request_id = request_id(req.get_header("X-Request-Id"))
        resp.set_headers({"X-Request-Id": req.context.request_id, **SECURITY})
    return str(req.context.request_id)


def request_id(sent: str | None) -> str:
    """The client's id where it is valid; else 32 hexadecimal digits.

    Not uuid4, which is a system call and gives up the GIL.
    """
    return sent if sent and REQUEST_ID(sent) else f"{random.getrandbits(128):032x}"


class RawPath:
    """Middleware: route on the undecoded path. In the decoded PATH_INFO %2F would be a slash.

    gunicorn's workers provide it as RAW_URI. meinheld does not (and decodes twice): its nginx sends
    X-Original-URI, which is ignored where RAW_URI exists.
    """

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Replace the path; the converter `name` decodes each segment on its own."""
        path = raw_path(req.env)
        if path:
            req.path = path


def raw_path(environ: dict[str, Any]) -> str | None:
    """The undecoded path without a slash at its end; None where the server does not provide it."""
    path = undecoded(environ)
    return path and (path.rstrip("/") or "/")


def undecoded(environ: dict[str, Any]) -> str | None:
    """The undecoded path; None where the server does not provide it."""
    raw: str | None = environ.get("RAW_URI") or environ.get("HTTP_X_ORIGINAL_URI")
    if not raw:
        return None
    path = raw.partition("?")[0]
    if not path.startswith("/"):  # absolute form: http://host/path
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path


def sent_path(req: falcon.Request) -> str:
    """The path as the client sent it, with a slash at its end where it has one."""
    return undecoded(req.env) or str(req.env["PATH_INFO"])


class ReloadQueries:
    """Middleware: read edited SQL files again before each request, when DEBUG is on."""

    def __init__(self, database: Database) -> None:
        self._reload = QueryReload(database.primary.reading)

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Put edited queries in use."""
        self._reload()


class Cors(falcon.CORSMiddleware[Any, Any]):
    """CORS headers, and for caches that answers differ by Origin."""

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: Any, req_succeeded: bool
    ) -> None:
        """Set the headers of an answer."""
        super().process_response(req, resp, resource, req_succeeded)
        if self.allow_origins != "*":
            resp.append_header("Vary", "Origin")


def cors(origins: tuple[str, ...]) -> Cors:
    """Allow pages of these origins to read and change; without credentials."""
    allowed = "*" if origins == ("*",) else origins
    return Cors(allow_origins=allowed, expose_headers=EXPOSED_HEADERS)
