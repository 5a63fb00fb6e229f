"""A clock that stands still until it is moved."""

from fractions import Fraction

SECOND = 1_000_000_000


class StillClock:
    """Nanoseconds, as time.monotonic_ns counts them."""

    def __init__(self) -> None:
        self.now = 987_654_321_000

    def __call__(self) -> int:
        return self.now

    def move(self, seconds: float | Fraction) -> None:
        """Let so much time pass."""
        self.now += int(seconds * SECOND)
