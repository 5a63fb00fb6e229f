"""Admission: how many bytes of bodies a worker holds at once, decided before they are read."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from service.writer import Overloaded


class Admission:
    """The bytes that one worker has taken in and not yet answered. Safe for threads.

    Rows take about twice the bytes of their body, and both are held until the answer.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held_bytes = 0
        self._lock = threading.Lock()

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """Lend one request its share, which grows as the body does, and take it back."""
        share = Share(self)
        try:
            yield share
        finally:
            self.hold(-share.size, share.size)

    def hold(self, more: int, own: int) -> None:
        """Count `more` bytes for a request that holds `own` already.

        Raises Overloaded past the limit, unless it is alone: one body of any size is always let in.
        """
        with self._lock:
            if more > 0 and self._held_bytes > own and self._held_bytes + more > self._max_bytes:
                raise Overloaded("Too many bytes wait to be stored.")
            self._held_bytes += more


class Share:
    """What one request holds, in bytes."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self.size = 0

    def grow_to(self, size: int) -> None:
        """Hold at least so many bytes; raises Overloaded, and holds what it did."""
        if size > self.size:
            self._admission.hold(size - self.size, self.size)
            self.size = size
