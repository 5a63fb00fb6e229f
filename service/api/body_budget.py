"""BodyBudget: admission control for request bodies, by the bytes that a worker holds at once.

Only received bytes are counted. Content-Length is checked but not reserved, else two stalled 64 MB
uploads would block everyone. One client has half, so that others are received beside it.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from service.core.client_share import share_of
from service.core.overloaded import Overloaded


class BodyBudget:
    """Limits the body bytes that one worker holds until their responses. Thread-safe.

    Of a gzip body it counts the larger of both sizes. Rows take about twice the bytes of their
    body, and both are in memory until the response.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._client_bytes = share_of(max_bytes)
        self._held_bytes = 0
        self._received = 0
        self._held_by: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def share(self, client: str) -> Iterator["BodyShare"]:
        """Lend a client's request a share, which grows with its body, and release it at the end."""
        share = BodyShare(self, client)
        try:
            yield share
        finally:
            self.hold(client, -share.size, share.size)
            if share.is_received:
                self.count_received(-1)

    @property
    def received(self) -> int:
        """How many requests have called `BodyShare.receive` and have no answer yet."""
        return self._received

    def count_received(self, more: int) -> None:
        """Count a request, or let it go."""
        with self._lock:
            self._received += more

    def hold(self, client: str, more: int, own: int) -> None:
        """Add `more` bytes (negative: release them) for a request that holds `own` bytes.

        Raises Overloaded as `check` does.
        """
        with self._lock:
            self.check(client, more, own)
            self._held_bytes += more
            self._held_by[client] += more
            if not self._held_by[client]:
                del self._held_by[client]

    def check(self, client: str, more: int, own: int) -> None:
        """Raise Overloaded when `more` bytes would exceed the limit, or the client's half of it.

        A request passes while no other request, or none of its client, holds bytes, so that a body
        larger than the budget or its half can be received.
        """
        if more <= 0:
            return
        if exceeds(self._max_bytes, self._held_bytes, more, own):
            raise Overloaded("This worker already holds too many bytes of bodies.")
        if exceeds(self._client_bytes, self._held_by.get(client, 0), more, own):
            raise Overloaded("This worker already holds too many bytes of this client's bodies.")


def exceeds(limit: int, held: int, more: int, own: int) -> bool:
    """Whether `more` bytes exceed a limit beside those that requests other than its own hold."""
    return held > own and held + more > limit


class BodyShare:
    """The bytes that one request of a client holds."""

    def __init__(self, budget: BodyBudget, client: str) -> None:
        self._budget = budget
        self._client = client
        self.size = 0
        self.is_received = False

    def receive(self, body: bytes) -> bytes:
        """Count the request as one of which all is there; gives the body."""
        self.is_received = True
        self._budget.count_received(1)
        return body

    def check_room(self, size: int) -> None:
        """Raise Overloaded if `size` bytes would not fit now. Counts nothing."""
        self._budget.check(self._client, size - self.size, self.size)

    def grow(self, size: int) -> None:
        """Raise the count to `size` bytes.

        Raises Overloaded, and leaves the count unchanged, if they do not fit.
        """
        if size > self.size:
            self._budget.hold(self._client, size - self.size, self.size)
            self.size = size
