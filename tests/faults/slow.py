"""Clients that take their time, and others' connections."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.faults.proxy import HOST
from tests.http.wire import get, head

IDLE, SLOW, DEAF = 200, 20, 20
SOON_FULL = 4096  # bytes of a receive buffer
PIPELINED = 50


@contextmanager
def slow_clients(port: int) -> Iterator[None]:
    """200 idle connections, 20 bodies that do not come, 20 clients that do not read, for a block."""
    with ExitStack() as stack:

        def connect() -> socket.socket:
            made = socket.socket()
            stack.enter_context(made)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOON_FULL)
            made.settimeout(10)
            made.connect((HOST, port))
            return made

        for _ in range(IDLE):
            connect()
        for _ in range(SLOW):
            body = head("POST", "/api/events", Content_Type="application/json", Content_Length=9999)
            connect().sendall(body + b'{"events": [')
        for _ in range(DEAF):
            connect().sendall(get("/api/metrics/summary") * PIPELINED)
        yield
