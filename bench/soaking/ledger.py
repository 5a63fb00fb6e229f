"""What the clients of a soak have seen: every answer by kind and moment, and events counted."""

import threading
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

REFUSED = (429, 503, 504)  # may be sent again


@dataclass(frozen=True)
class Answer:
    """One answer. `at` in seconds since the soak began; `status` 0: the connection broke."""

    kind: str
    at: float
    seconds: float
    status: int
    is_expected: bool

    @property
    def is_refused(self) -> bool:
        """Whether the service said that it may be sent again."""
        return not self.is_expected and self.status in REFUSED

    @property
    def is_failed(self) -> bool:
        """Whether it is none of the answers that this kind may have."""
        return not (self.is_expected or self.is_refused)


class Ledger:
    """Thread-safe. `stopped` is set when the clients are to end."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.answers: list[Answer] = []
        self.acknowledged = 0  # events of batches that were answered 200
        self.deleted = 0  # of these, events of runs that were deleted since
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def elapsed(self) -> float:
        """Seconds since the soak began."""
        return time.monotonic() - self._began

    def note(self, kind: str, seconds: float, status: int, expected: Collection[int]) -> None:
        """Record an answer that has just come."""
        answer = Answer(kind, self.elapsed(), seconds, status, status in expected)
        with self._lock:
            self.answers.append(answer)

    def count(self, acknowledged: int = 0, deleted: int = 0) -> None:
        """Count events."""
        with self._lock:
            self.acknowledged += acknowledged
            self.deleted += deleted

    def between(self, begin: float, end: float) -> list[Answer]:
        """The answers of these seconds."""
        with self._lock:
            return [answer for answer in self.answers if begin <= answer.at < end]


def statuses(answers: list[Answer]) -> str:
    """The statuses that were not expected, each with its kind and count, for a line."""
    found = Counter((a.kind, a.status) for a in answers if not a.is_expected)
    return ", ".join(
        f"{kind}: {count:,} × {status or 'broken'}" for (kind, status), count in found.items()
    )
