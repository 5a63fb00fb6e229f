"""How many answers that last, exports or streams, one worker serves at a time."""

import threading
from time import monotonic

from service.api.streaming.client import EndReason
from service.config import Config
from service.core.overloaded import Overloaded
from service.telemetry import metrics

THREADS_FOR_OTHERS = 2


class StreamLimiter:
    """Places for one kind of them; each takes a share of the worker for as long as it lasts."""

    def __init__(
        self, count: int, kind: str, shared: threading.BoundedSemaphore | None = None
    ) -> None:
        """`kind`, in the plural, is for the error and the figures.

        `shared` are places for all kinds together.
        """
        own = threading.BoundedSemaphore(count)
        self._places = [own] if shared is None else [own, shared]
        self._kind = kind

    def acquire(self) -> "StreamSlot":
        """Take one; raise Overloaded when none is free."""
        taken: list[threading.BoundedSemaphore] = []
        for places in self._places:
            if not places.acquire(blocking=False):
                release(taken)
                raise Overloaded(f"As many {self._kind} run in this worker as may.")
            taken.append(places)
        return StreamSlot(self._kind, taken)


class StreamSlot:
    """A place that was taken, until it is given back; twice is once."""

    def __init__(self, kind: str, taken: list[threading.BoundedSemaphore]) -> None:
        self._kind = kind
        self._taken = taken
        self._since = monotonic()
        metrics.STREAMED.labels(kind).inc()

    def release(self, ending: EndReason | None = None) -> None:
        """Let another have it. Counted is how the answer ended; one that never began is none."""
        taken, self._taken = self._taken, []
        if taken:
            release(taken)
            metrics.STREAMED.labels(self._kind).dec()
            if ending is not None:
                metrics.count_ended(self._kind, ending, monotonic() - self._since)


def release(taken: list[threading.BoundedSemaphore]) -> None:
    """Let others have these."""
    for places in taken:
        places.release()


def shared_slots(config: Config) -> threading.BoundedSemaphore | None:
    """Places for exports and streams together, where each holds a thread: some are for others.

    With one thread or two there is one place all the same: who has so few has chosen.
    """
    if config.worker_class != "gthread":
        return None
    return threading.BoundedSemaphore(max(1, config.threads - THREADS_FOR_OTHERS))
