"""What gunicorn's parser accepts and this service does not, and the answers to it.

A Transfer-Encoding beside chunked is 501, because nothing here decodes it. A version of HTTP above
1.1 is 505. The preface of HTTP/2, which a gRPC exporter sends, is answered with what to set.
"""

from typing import Any

from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import (
    InvalidHTTPVersion,
    InvalidRequestLine,
    LimitRequestHeaders,
    UnsupportedTransferCoding,
)
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser

from service.server import error_pages

# As the shipped nginx. gunicorn's own limit is 800 KB, which each connection may hold.
MAX_HEAD_BYTES = 64 * 1024
NEWEST_VERSION = (1, 1)
HTTP2_PREFACE = "PRI * HTTP/2.0"
HTTP2_LINE = (
    "HTTP/2 from ip={ip} is not served: an OTLP exporter must use http/protobuf, not gRPC "
    "(OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf)"
)


class StrictRequest(Request):  # type: ignore[misc]  # gunicorn has no types
    """A request that is HTTP/1.1 or older, chunked at most, and whose head has a limit."""

    def parse(self, unreader: Any) -> bytes:
        """Parse the head; return the bytes after it."""
        rest: bytes = super().parse(unreader)
        if self.version > NEWEST_VERSION:
            raise InvalidHTTPVersion(self.version)
        return rest

    def read_into(self, unreader: Any, buf: bytearray, stop: bool = False) -> None:
        """Read more of the head, unless it is too long already."""
        if len(buf) > MAX_HEAD_BYTES:
            raise LimitRequestHeaders("limit request headers size")
        super().read_into(unreader, buf, stop)

    def set_body_reader(self) -> None:
        """Choose how the body is read."""
        super().set_body_reader()
        if isinstance(self.body.reader, ChunkedReader):
            for name, value in self.headers:
                if name == "TRANSFER-ENCODING" and value.lower() != "chunked":
                    raise UnsupportedTransferCoding(value)


def install() -> None:
    """Let gunicorn's workers parse requests by these rules."""
    RequestParser.mesg_class = StrictRequest


class StrictAnswers:
    """A mixin for gunicorn's workers: the answers that gunicorn does not have."""

    log: Any

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Log the error and answer it."""
        peer = addr[0] if addr else ""
        # A version that gunicorn could not read is text, and is 400 as any bad request line.
        if isinstance(exc, InvalidHTTPVersion) and isinstance(exc.version, tuple):
            self.log.warning(f"Invalid request from ip={peer}: {exc}")
            error_pages.write_error(client, 505, "HTTP Version Not Supported", "")
        elif isinstance(exc, InvalidRequestLine) and exc.req == HTTP2_PREFACE:
            self.log.warning(HTTP2_LINE.format(ip=peer))
            error_pages.send(client, "505 HTTP Version Not Supported", *error_pages.HTTP2)
        else:
            super().handle_error(req, client, addr, exc)  # type: ignore[misc]
