"""One server for reads: how far it is behind, and whether it is asked."""

import logging
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import PoolTimeout, TooManyRequests

from service.db.queries import queries
from service.db.reads import Reads, ReadsThroughPgBouncer
from service.db.server_monitor import LagMonitor
from service.db.wal_progress import PrimaryPositions

AWAY, LAGGING, UNKNOWN = "away", "lagging", "unknown"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """What is known of it."""

    lag_seconds: float | None = None
    reason: str = UNKNOWN  # why it is not asked; empty: it is


class Replica:
    """A server that is looked after."""

    def __init__(
        self,
        number: int,
        url: str,
        settings: dict[str, str],
        size: int,
        progress: PrimaryPositions,
        *,
        max_lag_seconds: int,
        pgbouncer: bool,
    ) -> None:
        """`number` is its name, from 1; `size` the connections that its pool may have."""
        self.number = number
        self.server = server_of(url)
        kind = ReadsThroughPgBouncer if pgbouncer else Reads
        self.reads = kind(
            lambda: url, settings, size, f"replica {number}", lambda: self._lookout.is_gone
        )
        self.state = State()
        self.reported_at = float("-inf")
        self._progress = progress
        self._max_lag_seconds = max_lag_seconds
        self._lookout = LagMonitor(
            self.reads.pool.name,
            lambda: url,
            settings,
            found=self._is_at,
            failed=self.is_away,
            pgbouncer=pgbouncer,
        )

    @property
    def is_usable(self) -> bool:
        """Whether reads may go there."""
        return not self.state.reason and not self._lookout.is_overdue

    def open(self) -> None:
        """Begin to look."""
        self.reads.pool.open()
        self._lookout.open()

    def close(self) -> None:
        """End it."""
        self._lookout.close()
        self.reads.pool.close()

    def has_replayed(self, lsn: str) -> bool:
        """Whether it shows what lies before a place of the log. It is asked itself, now.

        After a crash it may be less far for a moment than it was at the last look.
        """
        try:
            with self.reads.reading() as conn:
                row = queries.replicas.has_replayed(conn, lsn=lsn).fetchall()[0]
        except (PoolTimeout, TooManyRequests):
            return False
        except psycopg.Error as error:
            if is_of_a_server_away(error):
                self.is_away(error)
            return False
        return bool(row["has_replayed"])

    def is_away(self, error: BaseException) -> None:
        """Ask it no more until a look has found it again."""
        self._set(State(reason=AWAY), error)

    def _is_at(self, position: int | None, _: float) -> None:
        """Find out how far it is behind; None where it has not replayed anything yet."""
        lag = None if position is None else self._progress.lag(position)
        is_late = lag is not None and lag > self._max_lag_seconds
        self._set(State(lag, UNKNOWN if lag is None else LAGGING if is_late else ""))

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


def is_of_a_server_away(error: Exception) -> bool:
    """Whether it says that no answer comes from there: cut off, silent, or shutting down.

    Without a SQLSTATE only OperationalError is: others are psycopg's own, of what it was told.
    """
    if not isinstance(error, psycopg.Error):
        return False
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate.startswith(("08", "57P"))


def server_of(url: str) -> str:
    """The host and port of a URL, without user and password."""
    parts = conninfo_to_dict(url)
    return f"{parts.get('host') or parts.get('hostaddr') or 'localhost'}:{parts.get('port', 5432)}"
