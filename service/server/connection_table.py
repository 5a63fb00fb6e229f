"""The connections of a worker, and which of them is closed when there are too many.

A client without a key can open thousands of connections and complete no request on any of them.
So a connection that waits for a whole head is only kept while there is room: when the worker is
full, or one address holds more than its share, the connection that has waited longest is closed.
A connection whose request is being answered is never closed here.
"""

from collections import Counter
from collections.abc import Hashable
from functools import lru_cache, partial
from typing import Generic, TypeVar

from service.core.addresses import TrustedProxies, name_of, to_address

C = TypeVar("C", bound=Hashable)
# Of a worker's connections, for one address. Trusted proxies are exempt: all clients come from one.
SHARE = 0.5
CLOSED = "Too many connections from ip={ip}: one that had sent no request was closed"


class ConnectionTable(Generic[C]):
    """The open connections by address, and those that wait for a head, in the order of waiting."""

    def __init__(self, capacity: int, proxies: TrustedProxies) -> None:
        self._capacity = capacity
        self._share = max(1, int(capacity * SHARE))
        self._counted_as = lru_cache(maxsize=1000)(partial(counted_as, proxies))
        self._addresses: dict[C, str | None] = {}  # None: a trusted proxy
        self._held: Counter[str] = Counter()
        self._waiting: dict[C, None] = {}

    def __contains__(self, connection: C) -> bool:
        """Whether the connection is open."""
        return connection in self._addresses

    def __len__(self) -> int:
        """How many connections are open."""
        return len(self._addresses)

    def open(self, connection: C, peer: str) -> C | None:
        """Add a connection; return the one to close instead, which may be this one, or None.

        `peer` is empty for a Unix socket, behind which only a proxy can be.
        """
        address = self._counted_as(peer)
        self._addresses[connection] = address
        if address is not None:
            self._held[address] += 1
            if self._held[address] > self._share:
                longest = self._longest_waiting_of(address)
                return connection if longest is None else longest
        if len(self._addresses) > self._capacity:
            return self._longest_waiting()
        return None

    def address_of(self, connection: C) -> str | None:
        """The address that an open connection is counted for; None: a trusted proxy."""
        return self._addresses[connection]

    def wait(self, connection: C) -> None:
        """Note that the connection waits for a head from now on."""
        self._waiting[connection] = None

    def proceed(self, connection: C) -> None:
        """Note that the connection's head is whole."""
        self._waiting.pop(connection, None)

    def close(self, connection: C) -> None:
        """Remove the connection, if it is there."""
        self._waiting.pop(connection, None)
        address = self._addresses.pop(connection, None)
        if address is not None:
            self._held[address] -= 1
            if not self._held[address]:
                del self._held[address]

    def _longest_waiting(self) -> C | None:
        return self._chosen(next(iter(self._waiting), None))

    def _longest_waiting_of(self, address: str) -> C | None:
        waiting = (one for one in self._waiting if self._addresses[one] == address)
        return self._chosen(next(waiting, None))

    def _chosen(self, connection: C | None) -> C | None:
        """Choose each connection once: it may be closed only in a later turn of the loop."""
        if connection is not None:
            del self._waiting[connection]
        return connection


def counted_as(proxies: TrustedProxies, peer: str) -> str | None:
    """The name by which a peer's connections are counted; None for a trusted proxy."""
    address = to_address(peer)
    return None if address is None or proxies.trusts(address) else name_of(address)
