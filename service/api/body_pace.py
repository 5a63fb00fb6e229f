"""BodyPace: beyond its first megabyte a body must come at a rate that suits what it holds.

The socket's own minimum, 1000 bytes/s, suits small bodies: at that rate, 48 MB would be held for
hours.
"""

from time import monotonic

from service.config import MEGABYTE

FREE_BYTES = MEGABYTE
BYTES_PER_SECOND = 65_536
PATIENCE_SECONDS = 30.0


class BodyPace:
    """The time that the client of one body has left, as core/socket_deadline counts it."""

    def __init__(self) -> None:
        self._size = 0
        self._left = PATIENCE_SECONDS
        self._last = monotonic()

    def add(self, size: int) -> None:
        """Count bytes that were received; raise TimeoutError where they took too long."""
        self._size += size
        before, self._last = self._last, monotonic()
        if self._size <= FREE_BYTES:
            return
        waited, earned = self._last - before, size / BYTES_PER_SECOND
        self._left = min(PATIENCE_SECONDS, self._left - waited + earned)
        if self._left < 0:
            raise TimeoutError
