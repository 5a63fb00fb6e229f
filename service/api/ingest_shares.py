"""IngestShares: while the writer has no room, one client's flood does not keep the others out."""

import threading
from collections import Counter

MOST_CLIENTS = 16  # beyond a full queue; more of them are an overload like any other


class IngestShares:
    """How many requests that store something each client has under way. Thread-safe."""

    def __init__(self, most_clients: int = MOST_CLIENTS) -> None:
        self._most_clients = most_clients
        self._under_way: Counter[str] = Counter()
        self._total = 0
        self._lock = threading.Lock()

    @property
    def under_way(self) -> int:
        """How many requests of all clients have entered and have no answer yet."""
        return self._total

    def enter(self, client: str, has_room: bool) -> bool:
        """Whether a client's request may go on; if so, `leave` has to follow.

        Without room it may where fewer of this client are under way than of others on average.
        """
        with self._lock:
            if not has_room and not self._has_less_than_others(client):
                return False
            self._under_way[client] += 1
            self._total += 1
            return True

    def leave(self, client: str) -> None:
        """A request that entered has its answer."""
        with self._lock:
            self._total -= 1
            self._under_way[client] -= 1
            if not self._under_way[client]:
                del self._under_way[client]

    def _has_less_than_others(self, client: str) -> bool:
        own = self._under_way.get(client, 0)
        if not own:
            return len(self._under_way) < self._most_clients
        return own * len(self._under_way) < self._total
