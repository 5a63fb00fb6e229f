"""The throughput of a worker's writer, estimated from its requests: their waits and events."""

FIRST_GUESS_PER_SECOND = 10_000.0
NOTICED_SECONDS = 0.25  # a small transaction on an idle machine says nothing about a full queue
WEIGHT = 0.2  # of each new measurement


class ThroughputEstimate:
    """Events per second, as an exponentially weighted mean."""

    def __init__(self) -> None:
        self._per_second = FIRST_GUESS_PER_SECOND
        self._per_request = 1.0

    def learn(self, events: int, seconds: float, was_stored: bool = True) -> None:
        """Add a measurement: a request waited so long for its own and all earlier events.

        Slower counts only where there was a real wait; faster counts where something was stored,
        so that what a lock held up for a second does not keep requests out once it is gone, and a
        database that refuses at once does not let them all in.
        """
        seen = events / max(seconds, 1e-6)
        if (seen > self._per_second and was_stored) or seconds > NOTICED_SECONDS:
            self._per_second += WEIGHT * (seen - self._per_second)

    def note_request(self, events: int) -> None:
        """Remember how many events a request had."""
        self._per_request += WEIGHT * (events - self._per_request)

    def seconds(self, events: int, requests: int = 0) -> float:
        """The expected time to store so many events, and those of requests not read yet."""
        return (events + requests * self._per_request) / self._per_second
