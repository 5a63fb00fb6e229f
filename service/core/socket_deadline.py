"""Sockets that wait for a client, but not for ever.

gunicorn sets no limit: a client that stops in the middle of a body, or of reading its answer, keeps
a thread (gthread) or a greenlet and its answer's memory (gevent) for as long as it likes.

Waiting for a client uses up its credit, and each byte it sends or takes gives some back. So one
that stands still is given up after `seconds`, and so is one that dribbles a byte now and then.
"""

import errno
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")
if TYPE_CHECKING:
    Socket = socket.socket
else:
    Socket = object

SLOWEST_BYTES_PER_SECOND = 1000
LEAST_SECONDS = 0.001  # 0 would mean: do not wait


class SlowClientTimeout(TimeoutError):
    """The client stands still. By its errno gunicorn closes such a connection without a word."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "the client stands still")


class MinimumRate(Socket):
    """What a socket of either kind, Python's or gevent's, gets beside: a limit on waiting."""

    _seconds: float | None = None
    _credit: float
    is_timed_out = False  # the client was too slow

    def limit(self, seconds: float | None) -> None:
        """Begin anew with so many seconds of credit; None: wait without limit."""
        self._seconds = seconds
        self._credit = seconds or 0.0

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Receive; raises SlowClientTimeout."""
        received: bytes = self._patiently(len, super().recv, size, flags)
        return received

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send everything, as fast as it is taken; raises SlowClientTimeout."""
        rest = memoryview(data).cast("B")
        while rest:
            rest = rest[self._patiently(int, super().send, rest, flags) :]

    def _patiently(self, size: Callable[[T], int], call: Callable[..., T], *arguments: Any) -> T:
        """Make a call that waits, and settle what it cost; `size` tells how many bytes it moved."""
        own = self.gettimeout()
        if self._seconds is None or own == 0.0:
            return call(*arguments)
        began = time.monotonic()
        left = max(self._credit, LEAST_SECONDS)
        self.settimeout(left if own is None else min(own, left))
        try:
            moved = call(*arguments)
        except TimeoutError:
            self.is_timed_out = True
            raise SlowClientTimeout from None
        finally:
            self.settimeout(own)
        waited, earned = time.monotonic() - began, size(moved) / SLOWEST_BYTES_PER_SECOND
        self._credit = min(self._seconds, self._credit - waited + earned)
        return moved


class MinimumRateSocket(MinimumRate, socket.socket):
    """Python's own socket, with a limit on waiting."""
