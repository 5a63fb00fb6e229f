"""Shorter lock timeouts while requests meet locks, and when to fail everything that waits."""

import psycopg

from service.db.queries import Connection
from service.db.session_settings import WRITE

SHORT_LOCK_TIMEOUT = "150ms"
SHORTEST_LOCK_TIMEOUT = "10ms"
SHORTEST_AFTER = 4  # requests of a turn that met a lock alone whose holder is not known
BLOCKED_AFTER = 2  # requests that met a locked table, each alone in its transaction


class LockBackoff:
    """Decides how long the next transaction waits for a lock, and when none gets through.

    The timeout is short from a lock timeout on, until the end of a turn in which no request met a
    lock. It is shorter still for the rest of a turn in which several requests met locks alone whose
    holders are not known. After two consecutive timeouts of single requests at a locked table all
    that waits is failed. So a request waits for locks once with the normal timeout and three times
    with the short one, at most.
    """

    def __init__(self) -> None:
        self._is_short = False
        self._has_met = False  # a lock, in this turn
        self._alone = 0  # requests that met an unknown lock, in this turn
        self._single_timeouts = 0  # consecutive, of single requests
        self._set_on: tuple[Connection | None, str] = None, ""  # a connection and its timeout

    @property
    def is_short(self) -> bool:
        """Whether requests have met locks lately."""
        return self._is_short

    @property
    def is_blocked(self) -> bool:
        """Whether all that waits is to be failed, because nothing gets through."""
        return self._single_timeouts >= BLOCKED_AFTER

    def timeout_to_set(self, conn: Connection) -> str | None:
        """The lock_timeout that the connection must get now; None: it has the right one."""
        set_on, in_force = self._set_on
        if set_on is not conn:
            in_force = WRITE["lock_timeout"]
        if in_force == self._timeout:
            return None
        self._set_on = conn, self._timeout
        return self._timeout

    @property
    def _timeout(self) -> str:
        if not self._is_short:
            return WRITE["lock_timeout"]
        return SHORT_LOCK_TIMEOUT if self._alone < SHORTEST_AFTER else SHORTEST_LOCK_TIMEOUT

    def note_failure(self, error: psycopg.Error) -> None:
        """Remember whether a transaction ended in a lock timeout."""
        self._is_short = isinstance(error, psycopg.errors.LockNotAvailable)
        self._has_met |= self._is_short

    def note_held_up(self) -> None:
        """Remember that a lock was found which a request would have to wait for."""
        self._has_met = True

    def note_single_timeout(self, at_table: bool) -> None:
        """Count a request that met a lock alone, of a table or one of which nothing is known."""
        if at_table:
            self._single_timeouts += 1
        else:
            self._alone += 1

    def note_commit(self) -> None:
        """Something gets through."""
        self._single_timeouts = 0

    def end_turn(self) -> None:
        """Keep the short timeout for the next turn if a lock was met in this one."""
        self._is_short, self._has_met = self._is_short and self._has_met, False
        self._alone = 0

    def reset(self) -> None:
        """Start over: all that waited was failed."""
        self._is_short, self._has_met, self._single_timeouts = False, False, 0
        self._alone = 0
