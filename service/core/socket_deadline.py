"""Sockets with a minimum transfer rate, against slow clients (slowloris).

gunicorn sets no limit: a client that stops in the middle of a body, or of reading its response,
keeps a thread (gthread), or a greenlet and the memory of the response (gevent).

Waiting for a client uses up its time budget, and each byte transferred adds to it. So a stalled
client times out after `seconds`, and so does one that sends a byte now and then. For the head of a
request no byte adds to it: the head is whole within `seconds` of its first byte.
"""

import errno
import math
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")
if TYPE_CHECKING:
    Socket = socket.socket
else:
    Socket = object

MIN_BYTES_PER_SECOND = 1000
MIN_SECONDS = 0.001  # a timeout of 0 would make the socket non-blocking


class SlowClientTimeout(TimeoutError):
    """The client is too slow. On this errno gunicorn closes the connection without a log line."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "the client is too slow")


class MinimumRate(Socket):
    """A mixin for sockets, Python's or gevent's: it limits the wait for the client."""

    _seconds: float | None = None
    _left: float  # seconds
    _bytes_per_second: float = MIN_BYTES_PER_SECOND
    _head_seconds: float | None = None
    _is_given_up = False
    is_timed_out = False

    def limit(self, seconds: float | None, bytes_per_second: float = MIN_BYTES_PER_SECOND) -> None:
        """Reset the budget to so many seconds; None: wait without limit."""
        self._seconds = seconds
        self._left = seconds or 0.0
        self._bytes_per_second = bytes_per_second
        self._head_seconds = None
        self._is_given_up = False

    def limit_head(self, seconds: float) -> None:
        """Wait without limit for the first byte of a head, and so many seconds for the rest."""
        self.limit(None)
        self._head_seconds = seconds

    def give_up(self) -> None:
        """Receive nothing more, until the next `limit`: the client's time is over."""
        self._is_given_up = self.is_timed_out = True

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Receive; raises SlowClientTimeout."""
        if self._is_given_up:
            raise SlowClientTimeout
        received: bytes = self._limited(len, super().recv, size, flags)
        if self._head_seconds is not None:
            self.limit(self._head_seconds, math.inf)
        return received

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send everything; raises SlowClientTimeout."""
        rest = memoryview(data).cast("B")
        while rest:
            rest = rest[self._limited(int, super().send, rest, flags) :]

    def _limited(self, size: Callable[[T], int], call: Callable[..., T], *arguments: Any) -> T:
        """Make a blocking call and update the budget; `size` gives the bytes it transferred."""
        own = self.gettimeout()
        if self._seconds is None or own == 0.0:
            return call(*arguments)
        began = time.monotonic()
        left = max(self._left, MIN_SECONDS)
        self.settimeout(left if own is None else min(own, left))
        try:
            result = call(*arguments)
        except TimeoutError:
            self.is_timed_out = True
            raise SlowClientTimeout from None
        finally:
            self.settimeout(own)
        waited, earned = time.monotonic() - began, size(result) / self._bytes_per_second
        self._left = min(self._seconds, self._left - waited + earned)
        return result


class MinimumRateSocket(MinimumRate, socket.socket):
    """Python's socket with a minimum transfer rate."""
