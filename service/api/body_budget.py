"""BodyBudget: admission control for request bodies, by the bytes that a worker holds at once.

Only received bytes are counted. Content-Length is checked but not reserved, else two stalled 64 MB
uploads would block everyone.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from service.core.overloaded import Overloaded


class BodyBudget:
    """The bytes of bodies that one worker has received and not yet answered. Safe for threads.

    Rows take about twice the bytes of their body, and both are in memory until the response.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held_bytes = 0
        self._lock = threading.Lock()

    @contextmanager
    def share(self) -> Iterator["Reservation"]:
        """Lend one request a reservation, which grows with its body, and release it at the end."""
        reservation = Reservation(self)
        try:
            yield reservation
        finally:
            self.hold(-reservation.size, reservation.size)

    def hold(self, more: int, own: int) -> None:
        """Count `more` bytes for a request that already holds `own`; raises as `check` does."""
        with self._lock:
            self.check(more, own)
            self._held_bytes += more

    def check(self, more: int, own: int) -> None:
        """Raise Overloaded when `more` bytes would exceed the limit.

        Never for the only request in the worker: one body of any size is always accepted.
        """
        if more > 0 and self._held_bytes > own and self._held_bytes + more > self._max_bytes:
            raise Overloaded("This worker already holds too many bytes of bodies.")


class Reservation:
    """The bytes that one request holds."""

    def __init__(self, budget: BodyBudget) -> None:
        self._budget = budget
        self.size = 0

    def reserve(self, size: int) -> None:
        """Raise Overloaded when `size` bytes would not fit now; count none of them."""
        self._budget.check(size - self.size, self.size)

    def grow(self, size: int) -> None:
        """Count at least `size` bytes, or raise Overloaded and count as many as before."""
        if size > self.size:
            self._budget.hold(size - self.size, self.size)
            self.size = size
