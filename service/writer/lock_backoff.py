"""Shorter lock timeouts after a lock timeout, and when to fail everything that waits."""

import psycopg

from service.db.queries import Connection
from service.db.session_settings import WRITE

SHORT_LOCK_TIMEOUT = "150ms"
BLOCKED_AFTER = 2  # requests that met a lock, each alone in its transaction


class LockBackoff:
    """Decides how long the next transaction waits for a lock, and when none gets through.

    A single lock timeout may come from one locked run. After two consecutive ones of single
    requests all that waits is failed. So a request waits for a lock once with the normal timeout
    and twice with the short one, at most.
    """

    def __init__(self) -> None:
        self._is_short = False  # the last transaction ended in a lock timeout
        self._single_timeouts = 0  # consecutive, of single requests
        self._short_on: Connection | None = None  # the connection that has the short timeout

    @property
    def is_blocked(self) -> bool:
        """Whether all that waits is to be failed, because nothing gets through."""
        return self._single_timeouts >= BLOCKED_AFTER

    def timeout_to_set(self, conn: Connection) -> str | None:
        """The lock_timeout that the connection must get now; None: it has the right one."""
        if self._is_short == (self._short_on is conn):
            return None
        self._short_on = conn if self._is_short else None
        return SHORT_LOCK_TIMEOUT if self._is_short else WRITE["lock_timeout"]

    def note_failure(self, error: psycopg.Error) -> None:
        """Remember whether a transaction ended in a lock timeout."""
        self._is_short = isinstance(error, psycopg.errors.LockNotAvailable)

    def note_single_timeout(self) -> None:
        """Count a request that met a lock alone in its transaction."""
        self._single_timeouts += 1

    def reset(self) -> None:
        """Start over: a transaction has committed, or all that waited was failed."""
        self._is_short, self._single_timeouts = False, 0
