"""A connection of the gthread worker, which receives a request without blocking."""

from collections.abc import Callable
from typing import Any

from gunicorn import util
from gunicorn.workers import gthread

from service.core.socket_deadline import MIN_BYTES_PER_SECOND, MinimumRateSocket
from service.server.body_length import END, body_length
from service.server.strict_http import MAX_HEAD_BYTES

RECEIVED_BYTES = 8192  # of a head at once, as gunicorn
BODY_PIECE_BYTES = 256 * 1024  # of a body at once


class Connection(gthread.TConn):  # type: ignore[misc]  # gunicorn has no types
    """A client with a minimum transfer rate, whose next request is received by the event loop."""

    def __init__(self, cfg: Any, sock: Any, client: Any, server: Any) -> None:
        limited = MinimumRateSocket(sock.family, sock.type, sock.proto, fileno=sock.detach())
        super().__init__(cfg, limited, client, server)
        self.data_ready = True  # a thread never waits for the first bytes
        self.on_close: Callable[[Connection], None] | None = None
        self.address: str | None = None  # by which it is counted; None: a trusted proxy
        self.is_late = False  # a thread is to read what has arrived, and to wait for nothing
        self.body_until = 0.0  # monotonic; when the client's time for the body is over
        self._received = bytearray()
        self._length: int | None = None  # of head and body; None: not known

    @property
    def received(self) -> int:
        """How many bytes of the next request have arrived."""
        return len(self._received)

    @property
    def length(self) -> int | None:
        """How long the request is, once its head is whole; None: only reading it can tell."""
        return self._length

    @property
    def is_whole(self) -> bool:
        """Whether a thread can read the request without waiting for the client."""
        return self._length is not None and self.received >= self._length

    def receive(self) -> bool:
        """Receive what has arrived of a head; False if the client has closed the connection."""
        return self._receive(RECEIVED_BYTES)

    def receive_body(self, now: float, seconds: float) -> bool:
        """Receive what has arrived of a body, as `receive`; its bytes add to the client's time."""
        before = self.received
        lacking = (self._length or 0) - before
        is_open = self._receive(min(lacking, BODY_PIECE_BYTES))
        earned = (self.received - before) / MIN_BYTES_PER_SECOND
        self.body_until = min(now + seconds, self.body_until + earned)
        return is_open

    def has_begun(self) -> bool:
        """Whether bytes of the next request have arrived."""
        return bool(self._received)

    def has_head(self) -> bool:
        """Whether the parser can judge the next request without waiting for more.

        Bytes that the parser has read ahead, of a pipelined request, belong to the head.
        """
        self.is_late = False
        if self.parser is not None:
            self._received[:0] = self.parser.unreader.take_buffered()
        received = self._received
        end = received.find(END)
        if end >= 0:
            length = body_length(bytes(received[:end]))
            self._length = None if length is None else end + len(END) + length
            return True
        self._length = 0  # where it is judged all the same, it is refused
        return len(received) > MAX_HEAD_BYTES or received.count(b"\n") != received.count(b"\r\n")

    def init(self) -> None:
        """Give the received bytes to the parser."""
        super().init()
        self.parser.unreader.unread(self._received)
        self._received = bytearray()

    def close(self, graceful: bool = False) -> None:
        """Close at once: the event loop has drained the connection."""
        util.close(self.sock)
        if self.on_close is not None:
            self.on_close(self)

    def _receive(self, size: int) -> bool:
        try:
            received: bytes = self.sock.recv(size)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._received += received
        return received != b""
