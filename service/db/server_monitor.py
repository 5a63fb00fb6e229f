"""Looking after a server: how far it is in its log, asked twice a second."""

import time
from collections.abc import Callable
from math import inf

import psycopg

from service.core.periodic_thread import PeriodicThread
from service.db.connections import connect
from service.db.queries import Connection, queries
from service.db.session_settings import with_timeout

LOOK_SECONDS = 0.5
LOOK_TIMEOUT_SECONDS = 1  # one that says nothing is left out 2 s later


class LagMonitor:
    """A thread that asks one server, over a connection of its own.

    Not over one of a pool: a pool in which all are busy looks like a server that is away.
    """

    def __init__(
        self,
        name: str,
        find_url: Callable[[], str],
        settings: dict[str, str],
        *,
        found: Callable[[int | None, float], None],
        failed: Callable[[psycopg.Error], None] = lambda _: None,
        pgbouncer: bool = False,
    ) -> None:
        """`found` gets the position, and when it was asked for; None: nothing is replayed yet."""
        # PgBouncer is silent as well while all of its connections to the server are busy.
        patience = settings if pgbouncer else with_timeout(settings, LOOK_TIMEOUT_SECONDS)
        self._connect: Callable[[], Connection] = lambda: connect(
            find_url(),
            patience,
            "replica",
            pgbouncer=pgbouncer,
            is_server_gone=lambda: self._thread.is_stopped,
        )
        self._may_be_silent = pgbouncer
        self._asked_at = inf
        self.is_gone = False  # nobody answers, or not in time: no wait for it is worth while
        self._found = found
        self._failed = failed
        self._conn: Connection | None = None
        self._thread = PeriodicThread(
            name, self._look, LOOK_SECONDS, immediate=True, finish=self._hang_up
        )

    @property
    def is_overdue(self) -> bool:
        """Whether an answer is overdue: known before a request has waited for a connection."""
        overdue = time.monotonic() > self._asked_at + LOOK_TIMEOUT_SECONDS
        return overdue and not self._may_be_silent

    def open(self) -> None:
        """Begin to look."""
        self._thread.open()

    def close(self) -> None:
        """End it; a look that has begun is given up."""
        self._thread.close()

    def _look(self) -> None:
        at = time.monotonic()  # before it is asked: it may be further by the time that it answers
        self._asked_at = at
        try:
            position = self._position()
        except psycopg.Error as error:
            self._hang_up()
            self.is_gone = error.sqlstate is None
            self._failed(error)
        else:
            self.is_gone = False
            self._found(position, at)
        finally:
            self._asked_at = inf

    def _position(self) -> int | None:
        if self._conn is None:
            self._conn = self._connect()
            self._conn.autocommit = True
        position = queries.replicas.position(self._conn).fetchall()[0]["position"]
        return None if position is None else int(position)

    def _hang_up(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None
