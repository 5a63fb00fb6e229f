"""Token buckets: one per client, which holds one second's worth and refills continuously.

Each bucket is one number: the time at which it will be full again (the generic cell rate
algorithm). Times are nanoseconds times the rate, so a token is 10^9 at every rate, and nothing is
rounded.
"""

import threading
import time
from collections.abc import Callable

TOKEN = 1_000_000_000
MAX_CLIENTS = 10_000  # 1.2 MB

Clock = Callable[[], int]  # monotonic nanoseconds


class Buckets:
    """The buckets of one worker, by client. Safe for threads and greenlets.

    A request is accepted while one token is left, and takes tokens for all its events. So a batch
    larger than the bucket passes too, and leaves a debt. In t seconds a client gets at most (t + 1)
    times the rate, plus one batch.

    Beyond MAX_CLIENTS the fullest half of the buckets is dropped, with their debts: full buckets
    first, then small debts. That takes 2 ms, once per 5,000 new clients.
    """

    def __init__(
        self,
        per_second: int,
        clock: Clock = time.monotonic_ns,
        max_clients: int = MAX_CLIENTS,
    ) -> None:
        self.per_second = per_second
        self._second = per_second * TOKEN  # the capacity of a bucket, and its gain per second
        self._clock = clock
        self._max_clients = max_clients
        self._full_at: dict[str, int] = {}
        self._lock = threading.Lock()

    def wait_seconds(self, client: str) -> int:
        """Seconds, rounded up, until a request of the client is accepted; 0: now."""
        now = self._now()
        return self._wait(self._full_at.get(client, now) - now)

    def take(self, client: str, tokens: int) -> int:
        """Take tokens if a request is accepted now, else none; return as wait_seconds does."""
        with self._lock:
            now = self._now()
            full_at = max(now, self._full_at.get(client, now))
            wait = self._wait(full_at - now)
            if wait == 0:
                self._full_at[client] = full_at + tokens * TOKEN
                if len(self._full_at) > self._max_clients:
                    self._drop_fullest_half()
        return wait

    def _now(self) -> int:
        return self._clock() * self.per_second

    def _wait(self, missing: int) -> int:
        over = missing + TOKEN - self._second
        return max(0, -(-over // self._second))

    def _drop_fullest_half(self) -> None:
        fullest_first = sorted(self._full_at, key=self._full_at.__getitem__)
        for client in fullest_first[: len(fullest_first) // 2]:
            del self._full_at[client]
