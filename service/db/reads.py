"""Reads from one server through its own pool: one statement, or several in one snapshot."""

from collections.abc import Iterator
from contextlib import contextmanager

from service.db.pools import PoolSettings
from service.db.queries import Connection, is_distributed, queries
from service.db.session_settings import transaction_settings
from service.db.shared_pool import SharedPool

# The limit that transactions/limit_temp_files sets for a session.
TEMP_FILES = {"temp_file_limit": "2GB"}


class Reads:
    """Reads from one server."""

    def __init__(self, settings: PoolSettings) -> None:
        self.settings = settings
        self._shared = SharedPool(settings)
        self.pool = self._shared.pool

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection for one statement, which is a snapshot by itself: one round trip."""
        with self._shared.lent() as conn:
            yield conn

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Lend a connection for one read-only transaction, all of one snapshot.

        In a pipeline: statements are sent together once a result is read, and PostgreSQL runs a
        pipeline as one transaction. conn.transaction() would add BEGIN and COMMIT, each a round
        trip: the p95 of an agent's runs was 15 ms instead of 9.
        """
        with self._shared.lent() as conn, conn.pipeline():
            yield conn

    @contextmanager
    def looking_up(self) -> Iterator[Connection]:
        """Lend a connection for one snapshot of look-ups by key, thousands in a statement.

        Sequential scans are off, because a plan cached while a table was small would scan it for
        each key.
        """
        with self.snapshot() as conn:
            queries.transactions.look_up(conn)
            yield conn

    @contextmanager
    def searching(self, seconds: float, planned_once: bool = False) -> Iterator[Connection]:
        """Lend a connection for one transaction of searches, each planned for its own values.

        Or `planned_once`, for statements that have one plan whatever the values (Query.planned).
        A statement that takes longer than `seconds` raises QueryCanceled.
        """
        with self.snapshot() as conn:
            once = planned_once and not is_distributed(conn)
            plan = queries.transactions.plan_once if once else queries.transactions.plan_for_values
            milliseconds = max(1, round(seconds * 1000))  # 0 would be no limit
            plan(conn, timeout=f"{milliseconds}ms")
            yield conn


class ReadsThroughPgBouncer(Reads):
    """Reads through a PgBouncer in transaction mode.

    Each transaction may get another session, without the settings of the one before. So each
    transaction begins with all session settings, in the round trip of its first statement, and
    declares itself read-only and repeatable read.
    """

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection for one statement, here in a transaction as well."""
        with self.snapshot() as conn:
            yield conn

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Lend a connection for one read-only transaction; the pool rolls back a failed one."""
        with self._shared.lent() as conn, conn.pipeline():
            settings = transaction_settings(self.settings.all_settings(), is_distributed(conn))
            settings |= TEMP_FILES
            queries.transactions.begin_read(conn)
            queries.transactions.use_settings(
                conn, names=list(settings), settings=list(settings.values())
            )
            yield conn
            queries.transactions.commit(conn)
