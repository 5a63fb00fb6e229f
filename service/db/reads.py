"""Reading from one server, through a pool of its own: a statement, or several in one snapshot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from service.db.pools import lend, pool
from service.db.queries import Connection, is_distributed, queries
from service.db.session_settings import of_a_transaction

# As transactions/limit_temp_files has it for a session.
TEMP_FILES = {"temp_file_limit": "2GB"}


class Reads:
    """Reads of one server."""

    pgbouncer = False

    def __init__(
        self,
        find_url: Callable[[], str],
        settings: dict[str, str],
        size: int,
        name: str = "read",
        is_server_gone: Callable[[], bool] | None = None,
    ) -> None:
        """`find_url` is asked for each new connection, of which there are `size` at the most.

        `is_server_gone` is asked while one waits for the server: then it waits no more.
        """
        self.find_url = find_url
        self.settings = settings
        self.pool = pool(find_url, settings, name, size, is_server_gone, pgbouncer=self.pgbouncer)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection for one statement, a snapshot by itself: a single round trip."""
        with lend(self.pool) as conn:
            yield conn

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Lend a connection for one read-only transaction: all that it reads is one state.

        In a pipeline: statements wait, and travel together once a result is looked at. PostgreSQL
        keeps all of a pipeline in one transaction, until its end. conn.transaction() would open
        two more within, each a round trip: the p95 of an agent's runs was 15 ms in place of 9.
        """
        with lend(self.pool) as conn, conn.pipeline():
            yield conn

    @contextmanager
    def looking_up(self) -> Iterator[Connection]:
        """Lend a connection for one snapshot of look-ups by key, thousands in a statement.

        A plan that was made while a table was small would scan it for each of them, for ever.
        """
        with self.snapshot() as conn:
            queries.transactions.look_up(conn)
            yield conn

    @contextmanager
    def searching(self, seconds: float) -> Iterator[Connection]:
        """Lend a connection for one transaction of searches, each planned for its own values.

        None of them takes longer than so many seconds: then QueryCanceled.
        """
        with self.snapshot() as conn:
            milliseconds = max(1, round(seconds * 1000))  # 0 would be no limit
            queries.transactions.plan_for_values(conn, timeout=f"{milliseconds}ms")
            yield conn


class ReadsThroughPgBouncer(Reads):
    """The same through a PgBouncer in transaction mode.

    Each transaction may meet another session, which knows nothing of what one before has set. So
    each begins with all that a session of the pool would have, in the round trip of its first
    statement, and says itself that it is read-only and one state.
    """

    pgbouncer = True

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection for one statement: here a transaction as well."""
        with self.snapshot() as conn:
            yield conn

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Lend a connection for one read-only transaction; one that fails, the pool rolls back."""
        with lend(self.pool) as conn, conn.pipeline():
            settings = of_a_transaction(self.settings, is_distributed(conn)) | TEMP_FILES
            queries.transactions.begin_read(conn)
            queries.transactions.use_settings(
                conn, names=list(settings), settings=list(settings.values())
            )
            yield conn
            queries.transactions.commit(conn)
