"""One server for reads: how far it is behind, and whether it is asked."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import PoolTimeout, TooManyRequests

from service.database.connections import connect
from service.database.progress import Progress
from service.database.reads import Reads, ReadsThroughPgBouncer
from service.database.settings import with_timeout
from service.queries import Connection, queries

LOOK_SECONDS = 0.5
LOOK_TIMEOUT_SECONDS = 1  # one that says nothing is left out 2 s later
AWAY, LAGGING, UNKNOWN = "away", "lagging", "unknown"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """What is known of it."""

    lag_seconds: float | None = None
    reason: str = UNKNOWN  # why it is not asked; empty: it is


class Replica:
    """A server that is looked at twice a second, over a connection of its own.

    Not over one of the pool: a pool in which all are busy looks like a server that is away.
    """

    def __init__(
        self,
        number: int,
        url: str,
        settings: dict[str, str],
        size: int,
        progress: Progress,
        *,
        max_lag_seconds: int,
        pgbouncer: bool,
    ) -> None:
        """`number` is its name, from 1; `size` the connections that its pool may have."""
        self.number = number
        self.server = server_of(url)
        kind = ReadsThroughPgBouncer if pgbouncer else Reads
        self.reads = kind(lambda: url, settings, size, f"replica {number}")
        self.state = State()
        self._connect: Callable[[], Connection] = lambda: connect(
            url, with_timeout(settings, LOOK_TIMEOUT_SECONDS), "replica", pgbouncer=pgbouncer
        )
        self._conn: Connection | None = None
        self._progress = progress
        self._max_lag_seconds = max_lag_seconds
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.reads.pool.name, daemon=True)

    @property
    def is_usable(self) -> bool:
        """Whether reads may go there."""
        return not self.state.reason

    def open(self) -> None:
        """Begin to look."""
        self.reads.pool.open()
        self._thread.start()

    def close(self) -> None:
        """End the look-out and the pool."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()
        self.reads.pool.close()

    def has_replayed(self, lsn: str) -> bool:
        """Whether it shows what lies before a place of the log. It is asked itself, now.

        After a crash it may be less far for a moment than it was at the last look.
        """
        with suppress(psycopg.Error, PoolTimeout, TooManyRequests), self.reads.reading() as conn:
            return bool(queries.replicas.has_replayed(conn, lsn=lsn).fetchall()[0]["has_replayed"])
        return False

    def is_away(self, error: BaseException) -> None:
        """Ask it no more until a look has found it again."""
        self._set(State(reason=AWAY), error)

    def _run(self) -> None:
        while not self._closed.is_set():
            self.look()
            self._closed.wait(LOOK_SECONDS)
        self._hang_up()

    def look(self) -> None:
        """Find out how far it is behind."""
        try:
            position = self._position()
        except psycopg.Error as error:
            self._hang_up()
            self.is_away(error)
        else:
            lag = None if position is None else self._progress.lag(int(position))
            is_late = lag is not None and lag > self._max_lag_seconds
            self._set(State(lag, UNKNOWN if lag is None else LAGGING if is_late else ""))

    def _position(self) -> Any:
        """Ask how far it is; None where a replica has not replayed anything yet."""
        if self._conn is None:
            self._conn = self._connect()
            self._conn.autocommit = True
        return queries.replicas.position(self._conn).fetchall()[0]["position"]

    def _hang_up(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _set(self, state: State, error: BaseException | None = None) -> None:
        """Keep what is known, and say once when that changes whether it is asked."""
        before, self.state = self.state, state
        if state.reason in (AWAY, LAGGING) and before.reason != state.reason:
            said = str(error).partition("\n")[0] if error else f"{state.lag_seconds:.0f} s behind"
            log.warning("%s is left out: %s, %s", self._name(), state.reason, said)
        elif before.reason in (AWAY, LAGGING) and not state.reason:
            log.warning("%s is asked again", self._name())

    def _name(self) -> str:
        return f"replica {self.number} ({self.server})"


def server_of(url: str) -> str:
    """The host and port of a URL, without user and password."""
    parts = conninfo_to_dict(url)
    return f"{parts.get('host') or parts.get('hostaddr') or 'localhost'}:{parts.get('port', 5432)}"
