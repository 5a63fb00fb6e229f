"""StreamLimiter: how many exports and live tails one worker serves at a time."""

import threading
from time import monotonic

from service.api.streaming.client import EndReason
from service.config import Config
from service.core.overloaded import Overloaded
from service.telemetry import metrics

THREADS_FOR_OTHERS = 2


class StreamLimiter:
    """Limits the concurrent streams of one kind in this worker."""

    def __init__(
        self, count: int, kind: str, shared: threading.BoundedSemaphore | None = None
    ) -> None:
        """`kind`, in the plural, is for error texts and metrics. `shared` limits all kinds."""
        own = threading.BoundedSemaphore(count)
        self._semaphores = [own] if shared is None else [own, shared]
        self._kind = kind

    def acquire(self) -> "StreamSlot":
        """Acquire a slot; raise Overloaded when none is free."""
        acquired: list[threading.BoundedSemaphore] = []
        for semaphore in self._semaphores:
            if not semaphore.acquire(blocking=False):
                release(acquired)
                raise Overloaded(f"This worker serves no more {self._kind} at a time.")
            acquired.append(semaphore)
        return StreamSlot(self._kind, acquired)


class StreamSlot:
    """A slot of a StreamLimiter. Releasing it twice has no further effect."""

    def __init__(self, kind: str, acquired: list[threading.BoundedSemaphore]) -> None:
        self._kind = kind
        self._acquired = acquired
        self._since = monotonic()
        metrics.STREAMED.labels(kind).inc()

    def release(self, ending: EndReason | None = None) -> None:
        """Release the slot and count how the stream ended; None: it never began."""
        acquired, self._acquired = self._acquired, []
        if acquired:
            release(acquired)
            metrics.STREAMED.labels(self._kind).dec()
            if ending is not None:
                metrics.count_ended(self._kind, ending, monotonic() - self._since)


def release(acquired: list[threading.BoundedSemaphore]) -> None:
    """Release each of these semaphores."""
    for semaphore in acquired:
        semaphore.release()


def shared_slots(config: Config) -> threading.BoundedSemaphore | None:
    """The limit on exports and tails together under gthread, where each holds a thread.

    Two threads are kept for other requests; with one or two threads, one stream runs nevertheless.
    """
    if config.worker_class != "gthread":
        return None
    return threading.BoundedSemaphore(max(1, config.threads - THREADS_FOR_OTHERS))
