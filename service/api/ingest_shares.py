"""IngestShares: while the writer has no room, one key's flood does not keep the others out."""

import threading
from collections import Counter

MOST_KEYS = 16  # beyond a full queue; more of them are an overload like any other


class IngestShares:
    """How many requests that store something each key has under way. Thread-safe."""

    def __init__(self, most_keys: int = MOST_KEYS) -> None:
        self._most_keys = most_keys
        self._under_way: Counter[str] = Counter()
        self._total = 0
        self._lock = threading.Lock()

    def enter(self, key_id: str, has_room: bool) -> bool:
        """Whether a key's request may go on; if so, `leave` has to follow.

        Without room it may where fewer of this key are under way than of others on average.
        """
        with self._lock:
            if not has_room and not self._has_less_than_others(key_id):
                return False
            self._under_way[key_id] += 1
            self._total += 1
            return True

    def leave(self, key_id: str) -> None:
        """A request that entered has its answer."""
        with self._lock:
            self._total -= 1
            self._under_way[key_id] -= 1
            if not self._under_way[key_id]:
                del self._under_way[key_id]

    def _has_less_than_others(self, key_id: str) -> bool:
        own = self._under_way.get(key_id, 0)
        if not own:
            return len(self._under_way) < self._most_keys
        return own * len(self._under_way) < self._total
