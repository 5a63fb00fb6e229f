"""What the page asks, passed on to the service with the key that the page does not have."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 60.0  # longer than the service takes for anything, or a stream is silent
PART_BYTES = 65_536
ASKED = ("Accept", "Content-Type", "Last-Event-Id", "X-Request-Id")
ANSWERED = ("Content-Disposition", "Content-Type", "Retry-After", "X-Request-Id")
BROKEN = (OSError, HTTPException)  # what a connection that fails raises

Headers = list[tuple[str, str]]


class Parts:
    """What comes, as it comes, until either side ends it; raises one of BROKEN when it is cut."""

    def __init__(self, answer: HTTPResponse, conn: HTTPConnection) -> None:
        self._answer = answer
        self._conn = conn

    def __iter__(self) -> Iterator[bytes]:
        while part := self._answer.read1(PART_BYTES):
            yield part

    def close(self) -> None:
        """Take no more."""
        self._answer.close()
        self._conn.close()


@dataclass(frozen=True)
class Answer:
    """A status, the headers that concern the page, and the body, or what comes little by little."""

    status: int
    headers: Headers
    body: bytes
    parts: Parts | None = None


class Forwarding:
    """The way to the service; `key` may be empty: then none is sent."""

    def __init__(self, service: str, key: str) -> None:
        self._address = urlsplit(service)
        self._key = key

    def ask(
        self, method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> Answer:
        """Pass a request on; the answer is 502 where the service gives none."""
        passed = dict(header for header in headers if header[0].title() in ASKED)
        if self._key:
            passed["Authorization"] = f"Bearer {self._key}"
        host, port = self._address.hostname or "", self._address.port
        conn = HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
        try:
            conn.request(method, path, body, passed)
            answer = conn.getresponse()
            kept = [header for header in answer.getheaders() if header[0].title() in ANSWERED]
            if method == "GET" and answer.chunked:  # an export or a live tail
                return Answer(answer.status, kept, b"", Parts(answer, conn))
            body = answer.read()
        except BROKEN:
            conn.close()
            return unreachable(self._address.geturl())
        conn.close()
        return Answer(answer.status, kept, body)

    def is_refused(self) -> bool:
        """Whether the service is there, and the key is not one that may read."""
        return self.ask("GET", "/api/agents", (), b"").status in (401, 403)


def unreachable(service: str) -> Answer:
    """The answer while the service gives none."""
    detail = f"Nobody answers at {service}: is the service running?"
    body = json.dumps({"title": "502 Bad Gateway", "detail": detail, "code": "unreachable"})
    return Answer(502, [("Content-Type", "application/json")], body.encode())
