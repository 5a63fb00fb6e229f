"""A limit on log lines that anyone can cause, such as those of requests without a key.

In each period a number of lines is written for an address, and a number for all. The others are
counted, and the count is written after the period: nothing is left out in silence.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable

PERIOD_SECONDS = 10.0
LINES_OF_ADDRESS = 50
LINES = 500
NAMED_ADDRESSES = 5  # in the line that says how many were left out
COUNTED_ADDRESSES = 1000
OTHERS = "others"

log = logging.getLogger(__name__)


class LogLimit:
    """Counts the lines of a process; threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ends = 0.0
        self._written: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()

    def allows(self, address: str) -> bool:
        """Whether a line about this address is to be written; else it is counted."""
        self.report()
        with self._lock:
            if not self._written and not self._left_out:
                self._ends = self._clock() + PERIOD_SECONDS
            is_full = self._written.total() >= LINES
            if not is_full and self._written[address] < LINES_OF_ADDRESS:
                self._written[address] += 1
                return True
            has_room = address in self._left_out or len(self._left_out) < COUNTED_ADDRESSES
            self._left_out[address if has_room else OTHERS] += 1
            return False

    def report(self) -> None:
        """After a period, write how many lines were left out, and begin another."""
        if self._written and self._clock() >= self._ends:
            self.flush()

    def flush(self) -> None:
        """Write how many lines were left out so far, and begin another period."""
        with self._lock:
            left_out, self._left_out, self._written = self._left_out, Counter(), Counter()
        if left_out:
            log.warning(
                "lines left out of the log: too many requests were refused",
                extra={
                    "left_out": left_out.total(),
                    "addresses": dict(left_out.most_common(NAMED_ADDRESSES)),
                },
            )


refused = LogLimit()
