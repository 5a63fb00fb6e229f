"""A kept connection of one client of a soak, whose answers go to the ledger."""

import http.client
import time
from collections.abc import Collection
from dataclasses import dataclass

from bench.load import address_of
from bench.soaking.ledger import Ledger

TIMEOUT_SECONDS = 60.0
JSON = "application/json"
OK = (200,)


@dataclass(frozen=True)
class Request:
    """What a client asks. `kind` is its name in the figures."""

    kind: str
    path: str
    method: str = "GET"
    body: bytes | None = None
    media_type: str = JSON
    expected: Collection[int] = OK  # the statuses that are no error


class Connection:
    """Asks with one key; connects again where the connection broke."""

    def __init__(self, url: str, key: str, ledger: Ledger) -> None:
        self._conn = http.client.HTTPConnection(*address_of(url), timeout=TIMEOUT_SECONDS)
        self._headers = {"Authorization": f"Bearer {key}"}
        self._ledger = ledger

    def ask(self, request: Request) -> tuple[int, bytes]:
        """Send a request; return status and body. Status 0: the connection broke."""
        headers = dict(self._headers)
        if request.body is not None:
            headers["Content-Type"] = request.media_type
        began = time.monotonic()
        try:
            self._conn.request(request.method, request.path, request.body, headers)
            answer = self._conn.getresponse()
            status, content = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self._conn.close()
            status, content = 0, b""
        self._ledger.note(request.kind, time.monotonic() - began, status, request.expected)
        return status, content

    def begin(self, kind: str, path: str) -> http.client.HTTPResponse | None:
        """GET a stream on a connection of its own; None where it does not begin."""
        began = time.monotonic()
        self._conn.close()
        try:
            self._conn.request("GET", path, headers=self._headers)
            answer = self._conn.getresponse()
            status = answer.status
            answer.read(1)
        except (OSError, http.client.HTTPException):
            status = 0
        self._ledger.note(kind, time.monotonic() - began, status, OK)
        if status == OK[0]:
            return answer
        self._conn.close()
        return None

    def close(self) -> None:
        """Leave, whatever is still to come."""
        self._conn.close()
