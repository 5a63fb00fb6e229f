"""How far the primary was, and when: what the lag of a replica is measured by.

PostgreSQL's own measure, the time of the last transaction that a replica has replayed, grows old
while nobody writes, and needs two clocks that agree. Here a replica that has all that the primary
had is not late, however long ago that was; and while the primary is away, none falls behind.
"""

from collections import deque

KEPT_LOOKS = 7200  # an hour, at two a second


class PrimaryPositions:
    """Where the primary's log ended at each of the last looks, the newest last."""

    def __init__(self) -> None:
        self._looks: deque[tuple[int, float]] = deque(maxlen=KEPT_LOOKS)  # position, seconds

    def note(self, position: int, at: float) -> None:
        """The primary is there now. A new one, after a failover, may be behind the old."""
        looks = self._looks
        if looks and position < looks[-1][0]:
            looks.clear()
        if looks and position == looks[-1][0]:
            looks.pop()
        looks.append((position, at))

    def lag(self, position: int) -> float | None:
        """For how many seconds a replica has been behind; None where that is not known.

        It is not while the replica has not even come to where the first look found the primary.
        """
        looks = list(self._looks)
        reached = next((at for place, at in reversed(looks) if place <= position), None)
        return None if reached is None else looks[-1][1] - reached
