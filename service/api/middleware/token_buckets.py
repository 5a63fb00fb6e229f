"""Token buckets: one for each client, which holds a second's worth and fills up evenly.

Of each only one number is kept: the moment at which it will be full again (the generic cell rate
algorithm). Moments are nanoseconds times the rate: so a token is 10^9 whatever the rate is, and
nothing is ever rounded.
"""

import threading
import time
from collections.abc import Callable

TOKEN = 1_000_000_000
MAX_CLIENTS = 10_000  # 1.2 MB

Clock = Callable[[], int]  # nanoseconds that never go back


class Buckets:
    """The buckets of one worker, by the client's name. Safe for threads and greenlets.

    A client is let in while one token is left, and pays for all that it brings: a batch that is
    larger than the bucket passes too, and leaves a debt. So from any client, in any time of t
    seconds, come at most (t + 1) times the rate, and one batch more.

    At MAX_CLIENTS the half whose buckets are nearest to full is forgotten, and with them what they
    lacked: the full ones first, then the small debts. Once for 5,000 new clients that takes 2 ms.
    """

    def __init__(
        self,
        per_second: int,
        clock: Clock = time.monotonic_ns,
        max_clients: int = MAX_CLIENTS,
    ) -> None:
        self.per_second = per_second
        self._second = per_second * TOKEN  # what a bucket holds, and what it gains in a second
        self._clock = clock
        self._max_clients = max_clients
        self._full_at: dict[str, int] = {}
        self._lock = threading.Lock()

    def wait_seconds(self, client: str) -> int:
        """Whole seconds, rounded up, until the client would be let in; 0: it would be now."""
        now = self._now()
        return self._wait(self._full_at.get(client, now) - now)

    def take(self, client: str, tokens: int) -> int:
        """Take tokens for a client that is let in; else nothing, and say as wait_seconds does."""
        with self._lock:
            now = self._now()
            full_at = max(now, self._full_at.get(client, now))
            wait = self._wait(full_at - now)
            if wait == 0:
                self._full_at[client] = full_at + tokens * TOKEN
                if len(self._full_at) > self._max_clients:
                    self._forget_half()
        return wait

    def _now(self) -> int:
        return self._clock() * self.per_second

    def _wait(self, missing: int) -> int:
        over = missing + TOKEN - self._second
        return max(0, -(-over // self._second))

    def _forget_half(self) -> None:
        nearest_to_full = sorted(self._full_at, key=self._full_at.__getitem__)
        for client in nearest_to_full[: len(nearest_to_full) // 2]:
            del self._full_at[client]
