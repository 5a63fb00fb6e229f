"""WAL positions of the primary over time, by which the lag of a replica is measured.

PostgreSQL's own measure, the time of the last replayed transaction, grows while nobody writes, and
needs two synchronized clocks. Here a replica that has replayed all of the primary's WAL has no lag,
and while the primary is away no replica falls behind.
"""

from collections import deque

KEPT_POSITIONS = 7200  # an hour, at two a second


class PrimaryPositions:
    """The WAL position of the primary at each of the last polls, the newest last."""

    def __init__(self) -> None:
        self._polls: deque[tuple[int, float]] = deque(maxlen=KEPT_POSITIONS)  # position, seconds

    def note(self, position: int, at: float) -> None:
        """Record a position. A new primary, after a failover, may be behind the old one."""
        polls = self._polls
        if polls and position < polls[-1][0]:
            polls.clear()
        if polls and position == polls[-1][0]:
            polls.pop()
        polls.append((position, at))

    def lag(self, position: int) -> float | None:
        """Seconds since the primary was at a replica's position.

        None while the replica has not reached the oldest recorded position: its lag is not known.
        """
        polls = list(self._polls)
        reached = next((at for recorded, at in reversed(polls) if recorded <= position), None)
        return None if reached is None else polls[-1][1] - reached
