"""A connection of the gthread worker, which receives a head without blocking."""

from collections.abc import Callable
from typing import Any

from gunicorn import util
from gunicorn.workers import gthread

from service.core.socket_deadline import MinimumRateSocket
from service.server.strict_http import MAX_HEAD_BYTES

RECEIVED_BYTES = 8192  # at once, as gunicorn


class Connection(gthread.TConn):  # type: ignore[misc]  # gunicorn has no types
    """A client with a minimum transfer rate, whose next head is received by the event loop."""

    def __init__(self, cfg: Any, sock: Any, client: Any, server: Any) -> None:
        limited = MinimumRateSocket(sock.family, sock.type, sock.proto, fileno=sock.detach())
        super().__init__(cfg, limited, client, server)
        self.data_ready = True  # a thread never waits for the first bytes
        self.on_close: Callable[[Connection], None] | None = None
        self._head = b""

    def receive(self) -> bool:
        """Receive what has arrived; False if the client has closed the connection."""
        try:
            received: bytes = self.sock.recv(RECEIVED_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._head += received
        return received != b""

    def has_begun(self) -> bool:
        """Whether bytes of the next request have arrived."""
        return self._head != b""

    def has_head(self) -> bool:
        """Whether the parser can judge the next request without waiting for more.

        Bytes that the parser has read ahead, of a pipelined request, belong to the head.
        """
        if self.parser is not None:
            self._head = self.parser.unreader.take_buffered() + self._head
        head = self._head
        return (
            b"\r\n\r\n" in head
            or len(head) > MAX_HEAD_BYTES
            or head.count(b"\n") != head.count(b"\r\n")  # invalid
        )

    def init(self) -> None:
        """Give the received bytes to the parser."""
        super().init()
        self.parser.unreader.unread(self._head)
        self._head = b""

    def close(self, graceful: bool = False) -> None:
        """Close at once: the event loop has drained the connection."""
        util.close(self.sock)
        if self.on_close is not None:
            self.on_close(self)
