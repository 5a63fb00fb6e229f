"""Turns at a pool: one client holds at most a share of the connections; its other requests wait.

A pool's queue is first in, first out. Without turns, 16 slow searches of one key are 16 places in
it, and every other read times out. With turns, each client has at most its share of places.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from psycopg_pool import PoolTimeout

from service.core.client_share import share_of


@dataclass(frozen=True)
class Caller:
    """The client whose request this is, and how long the request waits for a turn."""

    client: str
    patience_seconds: float


# Belongs to the thread or greenlet that answers, as read_routing does. None: the service's own.
caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


class NoTurn(PoolTimeout):
    """The client's other requests hold its share of the connections, `limit`."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"one client has {limit} connections at a time")
        self.limit = limit


@contextmanager
def own_reads() -> Iterator[None]:
    """Read for the service itself, within a client's request."""
    token = caller.set(None)
    try:
        yield
    finally:
        caller.reset(token)


@dataclass
class Turns:
    """The requests of one client: how many run, and those that wait, the oldest first."""

    running: int = 0
    waiting: deque[threading.Event] = field(default_factory=deque)


class ClientTurns:
    """The turns of all clients at one pool."""

    def __init__(self, connections: int, most_requests: int) -> None:
        """`most_requests`: how many of one client may run and wait together."""
        self.share = min(share_of(connections), most_requests)
        self._most_waiting = most_requests - self.share
        self._lock = threading.Lock()
        self._clients: dict[str, Turns] = {}

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Have a turn for a block. Raises NoTurn where it does not come in time."""
        current = caller.get()
        if current is None:
            yield
            return
        self._begin(current)
        try:
            yield
        finally:
            self._end(current.client)

    def _begin(self, current: Caller) -> None:
        with self._lock:
            turns = self._clients.setdefault(current.client, Turns())
            if turns.running < self.share:
                turns.running += 1
                return
            if len(turns.waiting) >= self._most_waiting:
                raise NoTurn(self.share)
            own = threading.Event()
            turns.waiting.append(own)
        if not own.wait(current.patience_seconds):
            self._withdraw(turns, own)

    def _withdraw(self, turns: Turns, own: threading.Event) -> None:
        """Stop waiting, unless the turn has come meanwhile."""
        with self._lock:
            if own.is_set():
                return
            turns.waiting.remove(own)
        raise NoTurn(self.share)

    def _end(self, client: str) -> None:
        """Hand the turn to the request that has waited longest."""
        with self._lock:
            turns = self._clients[client]
            if turns.waiting:
                turns.waiting.popleft().set()
                return
            turns.running -= 1
            if not turns.running:
                del self._clients[client]
