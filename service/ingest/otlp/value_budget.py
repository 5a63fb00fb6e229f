"""How many values a protobuf request may hold: reading one takes 0.3 µs, a list or object 1 µs.

One value per five bytes of a span is free, which covers all usual spans. Beyond that the spans of a
request share a pool; once it is used up, spans with more values are rejected.
"""

from service.ingest.json.fields import BadEvent
from service.ingest.repairs import Repairs

BYTES_PER_VALUE = 5
FREE_VALUES = 100
POOL = 500_000  # 0.2 s
CONTAINER = 3  # values that a list or object counts as, without its elements


class ValueBudget:
    """Counts the values of one request, and notes which of them are repaired."""

    def __init__(self, repairs: Repairs) -> None:
        self.repairs = repairs
        self._pool = self._left = POOL

    def begin(self, size: int) -> None:
        """Begin a message of so many bytes."""
        if self._left < self._pool:
            self._pool = max(0, self._left)
        self._left = self._pool + FREE_VALUES + size // BYTES_PER_VALUE

    def take(self, values: int) -> None:
        """Count values before they are read; raise BadEvent for too many."""
        self._left -= values
        if self._left < 0:
            text = "The span holds too many values for its size. Send less of them in one request."
            raise BadEvent("attributes", "too_many_values", text)
