"""Turns: which connections may hold a thread although their body is not there yet.

A thread that reads such a body waits for the client. So only half of the threads do that at a time,
and half of those for one address. All other threads answer requests that are whole.
"""

from collections import Counter
from collections.abc import Hashable
from typing import Generic, TypeVar

from service.core.client_share import share_of

C = TypeVar("C", bound=Hashable)


class BodyTurns(Generic[C]):
    """The connections that have a turn, and those that wait for one, in the order of waiting."""

    def __init__(self, threads: int) -> None:
        self._free = max(1, threads // 2)
        self._share = share_of(self._free)
        self._held: Counter[str] = Counter()
        self._turns: dict[C, str | None] = {}
        self._waiting: dict[C, tuple[str | None, float]] = {}

    def take(self, connection: C, address: str | None, until: float) -> bool:
        """Give the connection a turn; else False, and it waits for one until then.

        `address` is None for a trusted proxy, which may have all turns.
        """
        if not self._is_free_for(address):
            self._waiting[connection] = address, until
            return False
        self._turns[connection] = address
        self._free -= 1
        if address is not None:
            self._held[address] += 1
        return True

    def leave(self, connection: C) -> None:
        """Take back the connection's turn, and let it wait for none."""
        self._waiting.pop(connection, None)
        if connection not in self._turns:
            return
        self._free += 1
        address = self._turns.pop(connection)
        if address is not None:
            self._held[address] -= 1
            if not self._held[address]:
                del self._held[address]

    def next(self) -> C | None:
        """Give a turn to the longest waiting connection that may have one."""
        if not self._free:
            return None
        for connection, (address, until) in self._waiting.items():
            if self._is_free_for(address):
                del self._waiting[connection]
                self.take(connection, address, until)
                return connection
        return None

    def late(self, now: float) -> list[C]:
        """Those whose time to wait is over; they wait no longer."""
        late = [connection for connection, (_, until) in self._waiting.items() if until <= now]
        for connection in late:
            del self._waiting[connection]
        return late

    def _is_free_for(self, address: str | None) -> bool:
        return self._free > 0 and (address is None or self._held[address] < self._share)
