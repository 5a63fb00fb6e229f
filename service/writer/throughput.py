"""How fast a worker stores what waits: learnt from how long requests really took."""

FIRST_GUESS_PER_SECOND = 10_000.0
NOTICED_SECONDS = 0.25  # a small transaction on an idle machine says nothing about a full queue
WEIGHT = 0.2  # of each new measurement


class ThroughputEstimate:
    """Events per second, as requests that waited have seen it."""

    def __init__(self) -> None:
        self._per_second = FIRST_GUESS_PER_SECOND

    def learn(self, events: int, seconds: float) -> None:
        """Take in that a request waited so long for its own events and those before it.

        Slower counts only where there was a real wait; faster counts always, so that what a lock
        held up for a second does not keep requests out once it is gone.
        """
        seen = events / max(seconds, 1e-6)
        if seen > self._per_second or seconds > NOTICED_SECONDS:
            self._per_second += WEIGHT * (seen - self._per_second)

    def seconds(self, events: int) -> float:
        """How long so many events are expected to take."""
        return events / self._per_second
