"""How many answers that last, exports or streams, one worker serves at a time."""

import threading

from service.writer import Overloaded


class Slots:
    """Places for one kind of them; each takes a share of the worker for as long as it lasts."""

    def __init__(self, count: int, kind: str) -> None:
        """`kind`, in the plural, is for the error."""
        self._free = threading.BoundedSemaphore(count)
        self._kind = kind

    def take(self) -> "Slot":
        """Take one; raise Overloaded when none is free."""
        if not self._free.acquire(blocking=False):
            raise Overloaded(f"As many {self._kind} run in this worker as may.")
        return Slot(self._free)


class Slot:
    """A place that was taken, until it is given back; twice is once."""

    def __init__(self, free: threading.BoundedSemaphore) -> None:
        self._free: threading.BoundedSemaphore | None = free

    def give_back(self) -> None:
        """Let another have it."""
        free, self._free = self._free, None
        if free is not None:
            free.release()
