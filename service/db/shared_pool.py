"""A pool whose connections clients take in turn, so that no client holds all of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from service.db.client_turns import ClientTurns
from service.db.pools import (
    LEAST_TIMEOUT_SECONDS,
    POOL_TIMEOUT_SECONDS,
    PoolSettings,
    create_pool,
    lend,
)
from service.db.queries import Connection


class SharedPool:
    """A pool, not yet open, and the turns of its clients."""

    def __init__(self, settings: PoolSettings) -> None:
        self.pool = create_pool(settings)
        self._turns = ClientTurns(settings.size, settings.most_per_client)

    @contextmanager
    def lent(self) -> Iterator[Connection]:
        """Lend a connection in the client's turn. Both waits together take the pool's timeout."""
        until = monotonic() + POOL_TIMEOUT_SECONDS
        with self._turns.turn():
            seconds = max(LEAST_TIMEOUT_SECONDS, until - monotonic())
            with lend(self.pool, seconds) as conn:
                yield conn
