"""Requests of the page, forwarded to the service with the key that the page does not have."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import urlsplit

PREFIX = "/api"  # the page leaves it out, but /agents is also one of its views
TIMEOUT_SECONDS = 60.0  # longer than any response of the service, or a pause of a stream
PART_BYTES = 65_536
REQUEST_HEADERS = ("Accept", "Content-Type", "Last-Event-Id", "X-Request-Id")
RESPONSE_HEADERS = ("Content-Disposition", "Content-Type", "Retry-After", "X-Request-Id")
BROKEN = (OSError, HTTPException)  # raised by a connection that fails

Headers = list[tuple[str, str]]


class Parts:
    """A streamed body, part by part as it arrives; raises one of BROKEN if it is cut short."""

    def __init__(self, answer: HTTPResponse, conn: HTTPConnection) -> None:
        self._answer = answer
        self._conn = conn

    def __iter__(self) -> Iterator[bytes]:
        while part := self._answer.read1(PART_BYTES):
            yield part

    def close(self) -> None:
        """Close the connection."""
        self._answer.close()
        self._conn.close()


@dataclass(frozen=True)
class Answer:
    """A status, the headers for the page, and the body; `parts` instead of a body for streams."""

    status: int
    headers: Headers
    body: bytes
    parts: Parts | None = None


class Forwarding:
    """Forwards requests to the service, with `key` unless that is empty."""

    def __init__(self, service: str, key: str) -> None:
        self._address = urlsplit(service)
        self._key = key

    def forward(
        self, method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> Answer:
        """Forward a request; the answer is 502 if the service does not answer.

        The service has every path without a prefix too, whatever its API_PREFIX is.
        """
        headers_sent = dict(header for header in headers if header[0].title() in REQUEST_HEADERS)
        if self._key:
            headers_sent["Authorization"] = f"Bearer {self._key}"
        host, port = self._address.hostname or "", self._address.port
        conn = HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
        try:
            conn.request(method, path.removeprefix(PREFIX), body, headers_sent)
            answer = conn.getresponse()
            kept = [
                header for header in answer.getheaders() if header[0].title() in RESPONSE_HEADERS
            ]
            if method == "GET" and answer.chunked:  # an export or a live tail
                return Answer(answer.status, kept, b"", Parts(answer, conn))
            body = answer.read()
        except BROKEN:
            conn.close()
            return unreachable(self._address.geturl())
        conn.close()
        return Answer(answer.status, kept, body)

    def is_refused(self) -> bool:
        """Return whether the service answers, and refuses reads with this key."""
        return self.forward("GET", "/agents", (), b"").status in (401, 403)


def unreachable(service: str) -> Answer:
    """Return the answer for a service that does not answer."""
    detail = f"There is no answer from {service}: is the service running?"
    body = json.dumps({"title": "502 Bad Gateway", "detail": detail, "code": "unreachable"})
    return Answer(502, [("Content-Type", "application/json")], body.encode())
