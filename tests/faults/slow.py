"""Clients that take their time, and others' connections."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.events import event, new_id
from tests.faults.proxy import HOST
from tests.http.wire import batch, get, head, post

IDLE, SLOW, DEAF = 200, 20, 20
SOON_FULL = 4096  # bytes of a receive buffer
LARGE_TEXT = "x" * 100_000
EVENTS = 10  # with such a text: more than the buffers between service and client hold


@contextmanager
def slow_clients(port: int) -> Iterator[None]:
    """Have 200 idle connections, 20 bodies that do not come, 20 clients that do not read."""
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
        run = new_id()
        large = batch(*[event(run, data={"text": LARGE_TEXT}) for _ in range(EVENTS)])
        sender = connect()
        sender.sendall(post(large))
        assert b" 200 " in sender.recv(100)
        for _ in range(DEAF):
            connect().sendall(get(f"/api/runs/{run}/timeline"))
        yield
