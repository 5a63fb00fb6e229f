"""BodyBudget: admission control for request bodies, by the bytes that a worker holds at once.

Only received bytes are counted. Content-Length is checked but not reserved, else two stalled 64 MB
uploads would block everyone.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from service.core.overloaded import Overloaded


class BodyBudget:
    """Limits the body bytes that one worker holds until their responses. Thread-safe.

    Of a gzip body it counts the larger of both sizes. Rows take about twice the bytes of their
    body, and both are in memory until the response.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held_bytes = 0
        self._lock = threading.Lock()

    @contextmanager
    def share(self) -> Iterator["BodyShare"]:
        """Lend one request a share, which grows with its body, and release it at the end."""
        share = BodyShare(self)
        try:
            yield share
        finally:
            self.hold(-share.size, share.size)

    def hold(self, more: int, own: int) -> None:
        """Add `more` bytes (negative: release them) for a request that holds `own` bytes.

        Raises Overloaded as `check` does.
        """
        with self._lock:
            self.check(more, own)
            self._held_bytes += more

    def check(self, more: int, own: int) -> None:
        """Raise Overloaded when `more` bytes would exceed the limit.

        A request passes while no other request holds bytes, so that a body larger than the budget
        can be received.
        """
        if more > 0 and self._held_bytes > own and self._held_bytes + more > self._max_bytes:
            raise Overloaded("This worker already holds too many bytes of bodies.")


class BodyShare:
    """The bytes that one request holds."""

    def __init__(self, budget: BodyBudget) -> None:
        self._budget = budget
        self.size = 0

    def check_room(self, size: int) -> None:
        """Raise Overloaded if `size` bytes would not fit now. Counts nothing."""
        self._budget.check(size - self.size, self.size)

    def grow(self, size: int) -> None:
        """Raise the count to `size` bytes.

        Raises Overloaded, and leaves the count unchanged, if they do not fit.
        """
        if size > self.size:
            self._budget.hold(size - self.size, self.size)
            self.size = size
