"""BodyBudget: how many bytes of bodies a worker holds at once, decided before they are read.

What counts is what has come. A length that was only declared is asked about, not counted: two
clients that declared 64 MB and then stood still would shut everyone else out.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from service.core.overloaded import Overloaded


class BodyBudget:
    """The bytes that one worker has taken in and not yet answered. Safe for threads.

    Rows take about twice the bytes of their body, and both are held until the answer.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held_bytes = 0
        self._lock = threading.Lock()

    @contextmanager
    def share(self) -> Iterator["Reservation"]:
        """Lend one request its share, which grows as the body does, and take it back."""
        share = Reservation(self)
        try:
            yield share
        finally:
            self.hold(-share.size, share.size)

    def hold(self, more: int, own: int) -> None:
        """Count `more` bytes for a request that holds `own` already; raises as `check` does."""
        with self._lock:
            self.check(more, own)
            self._held_bytes += more

    def check(self, more: int, own: int) -> None:
        """Raise Overloaded when `more` would go past the limit.

        Not for a request that is alone: one body of any size is always let in.
        """
        if more > 0 and self._held_bytes > own and self._held_bytes + more > self._max_bytes:
            raise Overloaded("Too many bytes wait to be stored.")


class Reservation:
    """What one request holds, in bytes."""

    def __init__(self, admission: BodyBudget) -> None:
        self._admission = admission
        self.size = 0

    def reserve(self, size: int) -> None:
        """Raise Overloaded when so many bytes would not be let in now; hold none of them."""
        self._admission.check(size - self.size, self.size)

    def grow(self, size: int) -> None:
        """Hold at least so many bytes; raises Overloaded, and holds what it did."""
        if size > self.size:
            self._admission.hold(size - self.size, self.size)
            self.size = size
