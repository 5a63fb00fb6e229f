"""How often an operation is attempted, and how long the pauses between two attempts are."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
    """Attempts with exponential backoff, up to a longest pause, and with full jitter.

    for attempt in RetryPolicy(3).attempts():
        try:
            return do()
        except Transient:
            continue
    raise TooManyAttempts
    """

    max_attempts: int
    first_pause_seconds: float = 1.0
    longest_pause_seconds: float = 1.0
    jitter: bool = True  # off for a single client, which nobody competes with

    def attempts(self) -> Iterator[int]:
        """Yield the number of each attempt, from 1; pause before each but the first."""
        yield 1
        for number in range(2, self.max_attempts + 1):
            time.sleep(self._pause(number - 2))
            yield number

    def _pause(self, doublings: int) -> float:
        pause = min(self.first_pause_seconds * 2.0**doublings, self.longest_pause_seconds)
        return pause * random.random() if self.jitter else pause  # noqa: S311
