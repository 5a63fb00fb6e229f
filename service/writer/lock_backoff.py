"""What the writer makes of locks that it waits for in vain."""

import psycopg

from service.db.queries import Connection, queries
from service.db.session_settings import WRITE

BRIEF_LOCK_TIMEOUT = "150ms"


class LockBackoff:
    """How long the next transaction waits for a lock, and when nobody needs to any more.

    One lock may be on a single run; two requests in a row that meet one, each alone, mean that
    nothing gets through. A request meets at most one transaction that waits for long, and two that
    wait briefly.
    """

    def __init__(self) -> None:
        self._met_one = False  # the last transaction did
        self._alone = 0  # requests that did, each alone, since one was stored
        self._brief: Connection | None = None  # the connection that waits briefly, if it does

    def prepare(self, conn: Connection) -> None:
        """Let a connection wait briefly after a transaction that waited in vain, else as ever."""
        if self._met_one != (self._brief is conn):
            timeout = BRIEF_LOCK_TIMEOUT if self._met_one else WRITE["lock_timeout"]
            queries.transactions.set_lock_timeout(conn, timeout=timeout)
            conn.commit()
            self._brief = conn if self._met_one else None

    def note_failure(self, error: psycopg.Error) -> None:
        """A transaction failed."""
        self._met_one = isinstance(error, psycopg.errors.LockNotAvailable)

    def note_success(self) -> None:
        """A transaction has committed."""
        self._begin_anew()

    def nothing_gets_through(self) -> bool:
        """A request met a lock, alone: whether it was the second. Then all begins anew."""
        self._alone += 1
        if self._alone < 2:
            return False
        self._begin_anew()
        return True

    def _begin_anew(self) -> None:
        self._met_one, self._alone = False, 0
