"""How many answers that last, exports or streams, one worker serves at a time."""

import threading

from service.config import Config
from service.writer import Overloaded

THREADS_FOR_OTHERS = 2


class Slots:
    """Places for one kind of them; each takes a share of the worker for as long as it lasts."""

    def __init__(
        self, count: int, kind: str, shared: threading.BoundedSemaphore | None = None
    ) -> None:
        """`kind`, in the plural, is for the error; `shared` are places for all kinds together."""
        own = threading.BoundedSemaphore(count)
        self._places = [own] if shared is None else [own, shared]
        self._kind = kind

    def take(self) -> "Slot":
        """Take one; raise Overloaded when none is free."""
        slot = Slot()
        for places in self._places:
            if not places.acquire(blocking=False):
                slot.give_back()
                raise Overloaded(f"As many {self._kind} run in this worker as may.")
            slot.taken.append(places)
        return slot


class Slot:
    """A place that was taken, until it is given back; twice is once."""

    def __init__(self) -> None:
        self.taken: list[threading.BoundedSemaphore] = []

    def give_back(self) -> None:
        """Let another have it."""
        taken, self.taken = self.taken, []
        for places in taken:
            places.release()


def shared_places(config: Config) -> threading.BoundedSemaphore | None:
    """Places for exports and streams together, where each holds a thread: some are for others.

    With one thread or two there is one place all the same: who has so few has chosen.
    """
    if config.worker_class != "gthread":
        return None
    return threading.BoundedSemaphore(max(1, config.threads - THREADS_FOR_OTHERS))
