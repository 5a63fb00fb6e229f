"""A read replica: its replication lag, and whether it serves reads."""

import logging
from dataclasses import dataclass, replace

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import PoolTimeout, TooManyRequests

from service.db.pools import PoolSettings
from service.db.queries import queries
from service.db.reads import Reads, ReadsThroughPgBouncer
from service.db.server_monitor import LagMonitor
from service.db.wal_progress import PrimaryPositions

AWAY, LAGGING, UNKNOWN = "away", "lagging", "unknown"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """The lag, None while it is not known, and why the replica serves no reads; empty: it does."""

    lag_seconds: float | None = None
    reason: str = UNKNOWN


class Replica:
    """A monitored server for reads. `number` counts from 1 and identifies it."""

    def __init__(
        self, number: int, pool: PoolSettings, max_lag_seconds: int, positions: PrimaryPositions
    ) -> None:
        self.number = number
        self.server = host_and_port(pool.find_url())
        kind = ReadsThroughPgBouncer if pool.pgbouncer else Reads
        self.reads = kind(replace(pool, is_server_gone=lambda: self._monitor.is_gone))
        self.state = State()
        self.reported_at = float("-inf")
        self._positions = positions
        self._max_lag_seconds = max_lag_seconds
        self._monitor = LagMonitor(
            pool.name,
            pool.find_url,
            pool.session,
            found=self._update_lag,
            failed=self.mark_away,
            pgbouncer=pool.pgbouncer,
        )

    @property
    def is_usable(self) -> bool:
        """Whether the replica may serve reads."""
        return not self.state.reason and not self._monitor.is_overdue

    def open(self) -> None:
        """Start the pool and the monitor."""
        self.reads.pool.open()
        self._monitor.open()

    def close(self) -> None:
        """Stop the monitor and close the pool."""
        self._monitor.close()
        self.reads.pool.close()

    def has_replayed(self, lsn: str) -> bool:
        """Whether the replica has replayed a WAL position, by a query at this moment.

        The last poll does not suffice: after a crash a replica may be less far than it was then.
        """
        try:
            with self.reads.reading() as conn:
                row = queries.replicas.has_replayed(conn, lsn=lsn).fetchall()[0]
        except (PoolTimeout, TooManyRequests):
            return False
        except psycopg.Error as error:
            if is_server_unavailable(error):
                self.mark_away(error)
            return False
        return bool(row["has_replayed"])

    def mark_away(self, error: BaseException) -> None:
        """Route no reads to the replica until a poll reaches it again."""
        self._set(State(reason=AWAY), error)

    def _update_lag(self, position: int | None, _: float) -> None:
        """Compute the lag; None means that the replica has not replayed anything yet."""
        lag = None if position is None else self._positions.lag(position)
        is_late = lag is not None and lag > self._max_lag_seconds
        self._set(State(lag, UNKNOWN if lag is None else LAGGING if is_late else ""))

    def _set(self, state: State, error: BaseException | None = None) -> None:
        """Store the state, and log once when the replica stops or resumes serving reads."""
        before, self.state = self.state, state
        if state.reason in (AWAY, LAGGING) and before.reason != state.reason:
            cause = str(error).partition("\n")[0] if error else f"{state.lag_seconds:.0f} s behind"
            log.warning("%s serves no reads: %s, %s", self._name(), state.reason, cause)
        elif before.reason in (AWAY, LAGGING) and not state.reason:
            log.warning("%s serves reads again", self._name())

    def _name(self) -> str:
        return f"replica {self.number} ({self.server})"


def is_server_unavailable(error: Exception) -> bool:
    """Whether the error means a server that is unreachable, silent or shutting down.

    Of errors without SQLSTATE only OperationalError does: others are psycopg's own, of its usage.
    """
    if not isinstance(error, psycopg.Error):
        return False
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate.startswith(("08", "57P"))


def host_and_port(url: str) -> str:
    """The host and port of a URL, without user and password."""
    parts = conninfo_to_dict(url)
    return f"{parts.get('host') or parts.get('hostaddr') or 'localhost'}:{parts.get('port', 5432)}"
