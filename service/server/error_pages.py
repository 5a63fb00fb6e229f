"""Errors of gunicorn itself, as JSON like every other error; gunicorn's own are HTML pages."""

import socket
from typing import Any

from gunicorn import util

from service.api.response_headers import SECURITY

# The same texts as in deploy/nginx, which rejects the same requests.
ERRORS = {
    400: ("bad_request", "The request is not valid HTTP."),
    403: ("forbidden", "The request is not allowed."),
    414: ("uri_too_long", "The address is longer than 8 KB."),
    417: ("expectation_failed", "This Expect is not known."),
    431: ("headers_too_large", "A header is too long, or there are too many of them."),
    501: ("not_implemented", "This Transfer-Encoding is not known; only chunked is."),
    505: ("version_not_supported", "This version of HTTP is not known; HTTP/1.1 is."),
}
HTTP2 = (
    "version_not_supported",
    "HTTP/2 and gRPC are not served here. Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf.",
)
INTERNAL = ("internal", "Something went wrong inside the service; it is logged.")


def write_error(sock: socket.socket, status: int, reason: str, _message: Any) -> None:
    """Send the error; replaces gunicorn.util.write_error. The worker closes the connection."""
    title = f"{status} {'Not Implemented' if status == 501 else reason}"  # gunicorn's: Bad Request
    send(sock, title, *ERRORS.get(status, INTERNAL))


def send(sock: socket.socket, title: str, code: str, description: str) -> None:
    """Send an error of this title, such as `400 Bad Request`."""
    # Not at the top: the arbiter imports this module, and needs neither falcon nor psycopg.
    from service.api.errors import shape  # noqa: PLC0415
    from service.api.middleware.basics import request_id  # noqa: PLC0415
    from service.telemetry.metrics import count_invalid  # noqa: PLC0415

    count_invalid(int(title[:3]))
    own_id = request_id(None)
    body = shape(title, description, code, own_id)
    head = (
        f"HTTP/1.1 {title}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-Request-Id: {own_id}\r\n"
        + "".join(f"{name}: {value}\r\n" for name, value in SECURITY.items())
        + "\r\n"
    )
    util.write_nonblock(sock, head.encode() + body)


def install() -> None:
    """Replace gunicorn's error pages; its workers call them by this name."""
    util.write_error = write_error
