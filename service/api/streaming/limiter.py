"""StreamLimiter: how many exports and live tails a worker, and one client, has at a time."""

import threading
from collections import Counter
from time import monotonic

from service.api.errors import share_used
from service.api.policy import SLOTS, Share
from service.api.streaming.client import EndReason
from service.config import Config
from service.core.client_share import share_of
from service.core.overloaded import Overloaded
from service.telemetry import metrics

THREADS_FOR_OTHERS = 2


class Slots:
    """A number of slots, of which one client holds no more than its share. Not thread-safe."""

    def __init__(self, count: int) -> None:
        self.share = share_of(count)
        self._free = count
        self._held: Counter[str] = Counter()

    def is_free(self) -> bool:
        """Whether there is a slot left."""
        return self._free > 0

    def has_share(self, client: str) -> bool:
        """Whether the client holds its share."""
        return self._held[client] >= self.share

    def move(self, client: str, count: int) -> None:
        """Give the client a slot (1), or take one back (-1)."""
        self._free -= count
        self._held[client] += count
        if not self._held[client]:
            del self._held[client]


class StreamLimiter:
    """Limits the concurrent streams of one kind in this worker."""

    def __init__(self, kind: Share, slots: list[Slots], lock: threading.Lock) -> None:
        """Each stream takes one of each of `slots`; `lock` is of all limiters that share them."""
        self._kind = kind
        self._slots = slots
        self._lock = lock

    def acquire(self, client: str) -> "StreamSlot":
        """Acquire a slot. Raises ApiError 429 where the client has its share; Overloaded."""
        with self._lock:
            for slots in self._slots:
                if slots.has_share(client):
                    raise share_used(self._kind, slots.share)
            if not all(slots.is_free() for slots in self._slots):
                raise Overloaded(f"This worker serves no more {self._kind} at a time.")
            self._move(client, 1)
        return StreamSlot(self._kind, self, client)

    def release(self, client: str) -> None:
        """Take back what `acquire` gave."""
        with self._lock:
            self._move(client, -1)

    def _move(self, client: str, count: int) -> None:
        for slots in self._slots:
            slots.move(client, count)


class StreamSlot:
    """A slot of a StreamLimiter. Releasing it twice has no further effect."""

    def __init__(self, kind: Share, limiter: StreamLimiter, client: str) -> None:
        self._kind = kind
        self._limiter: StreamLimiter | None = limiter
        self._client = client
        self._since = monotonic()
        metrics.STREAMED.labels(kind).inc()

    def release(self, ending: EndReason | None = None) -> None:
        """Release the slot and count how the stream ended; None: it never began."""
        limiter, self._limiter = self._limiter, None
        if limiter is not None:
            limiter.release(self._client)
            metrics.STREAMED.labels(self._kind).dec()
            if ending is not None:
                metrics.count_ended(self._kind, ending, monotonic() - self._since)


def stream_limiters(config: Config) -> dict[Share, StreamLimiter]:
    """The limiter of each kind of stream.

    Under gthread each stream holds a thread, so all kinds share what is left when some threads are
    kept for other requests. With one or two threads, one stream runs nevertheless.
    """
    shared: list[Slots] = []
    if config.worker_class == "gthread":
        shared = [Slots(max(1, config.threads - THREADS_FOR_OTHERS))]
    lock = threading.Lock()
    return {
        kind: StreamLimiter(kind, [Slots(count), *shared], lock) for kind, count in SLOTS.items()
    }
