"""HTTP as bytes on a socket: what no well-behaved client library would send."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.events import Event
from tests.leaks import look_through_answer, look_through_headers
from tests.service import ANSWER_SECONDS, Service

END = b"\r\n\r\n"
JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """One answer: names of headers in lower case, the body as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The stable code of an error of the service's own."""
        return str(self.json["code"])


class Wire:
    """One connection."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._file = sock.makefile("rb")

    def send(self, data: bytes) -> "Wire":
        """Send bytes as they are."""
        self._socket.sendall(data)
        return self

    def half_close(self) -> "Wire":
        """Say that no more bytes will come, and stay to read the answer."""
        self._socket.shutdown(socket.SHUT_WR)
        return self

    def read(self, to_head: bool = False) -> Answer:
        """Read one answer, as much of it as its Content-Length says."""
        line = self._file.readline()
        assert line.startswith(b"HTTP/1."), line
        headers = {}
        while header := self._file.readline().strip():
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        status = int(line.split()[1])
        length = 0 if to_head else int(headers.get("content-length", 0))
        body = self._file.read(length)
        if status >= 200:
            look_through_headers(headers)
            look_through_answer(status, str(headers), body.decode("latin-1"))
        return Answer(status, headers, body)

    def close(self) -> None:
        """Let go of the socket: it stays open for as long as somebody reads it as a file."""
        self._file.close()

    def is_closed(self) -> bool:
        """Wait until the service closes the connection; False when it says something instead."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True


@contextmanager
def connected(service: Service) -> Iterator[Wire]:
    """Connect for a block."""
    with socket.create_connection(("127.0.0.1", service.port), ANSWER_SECONDS) as sock:
        wire = Wire(sock)
        try:
            yield wire
        finally:
            wire.close()


def exchange(service: Service, data: bytes) -> Answer:
    """Send bytes on a connection of their own, and read the first answer."""
    with connected(service) as wire:
        return wire.send(data).read()


def head(method: str, target: str, **headers: str | int) -> bytes:
    """A request without a body; `_` in the name of a header stands for `-`."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + END


def get(target: str, **headers: str | int) -> bytes:
    """A GET."""
    return head("GET", target, **headers)


def post(body: bytes, target: str = "/api/events", **headers: str | int) -> bytes:
    """A POST with a Content-Length."""
    sent = {"Content_Type": JSON, "Content_Length": len(body), **headers}
    return head("POST", target, **sent) + body


def post_chunked(chunks: list[bytes], end: bytes = b"0\r\n\r\n", **headers: str) -> bytes:
    """A POST of chunks, without Content-Length."""
    start = head("POST", "/api/events", Content_Type=JSON, Transfer_Encoding="chunked", **headers)
    return start + b"".join(chunk(part) for part in chunks) + end


def chunk(data: bytes) -> bytes:
    """One chunk."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def batch(*events: Event) -> bytes:
    """The body of a batch."""
    return json.dumps({"events": events}).encode()
