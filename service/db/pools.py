"""Connection pools: how they are configured, and how a connection is lent."""

import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from service.core.cooperative import poll_now
from service.db.connections import (
    conninfo,
    detect_citus,
    needs_read_only,
    prepare_threshold,
    register_loaders,
)
from service.db.errors import is_stale_plan
from service.db.green_connection import connection_class
from service.db.queries import Connection, queries
from service.db.session_settings import READ_ONLY
from service.db.statement_timeout import TimeoutConnection, set_client_timeout

POOL_TIMEOUT_SECONDS = 2.0
LEAST_TIMEOUT_SECONDS = 0.5  # after a wait for a turn
MAX_WAITING = 200

Pool = ConnectionPool[TimeoutConnection]


@dataclass(frozen=True)
class PoolSettings:
    """How a pool makes its connections, `size` of them at most."""

    name: str  # also their application_name
    find_url: Callable[[], str]  # called for each new connection
    session: dict[str, str]
    size: int
    most_per_client: int = MAX_WAITING // 2  # requests that run and wait together
    pgbouncer: bool = False  # sessions get no settings, and statements are not prepared
    is_server_gone: Callable[[], bool] | None = None  # polled while a statement waits
    find_more_settings: Callable[[], dict[str, str]] = dict  # as find_url

    def conninfo(self) -> str:
        """The connection string of the next connection."""
        url = self.find_url()
        return conninfo(url, {} if self.pgbouncer else self.all_settings(), self.name)

    def all_settings(self) -> dict[str, str]:
        """The settings of the next session."""
        return self.session | self.find_more_settings()

    def configure(self, conn: TimeoutConnection) -> None:
        """Prepare a new connection for use."""
        register_loaders(conn)
        set_client_timeout(conn, self.session)
        conn.is_server_gone = self.is_server_gone
        detect_citus(conn)
        if self.pgbouncer:  # keeps the time zone, by which psycopg reads times, for each client
            queries.transactions.use_utc(conn)
            return
        if READ_ONLY in self.session:
            queries.transactions.limit_temp_files(conn)
        if needs_read_only(conn, self.session):
            queries.transactions.read_only(conn)


def create_pool(settings: PoolSettings) -> Pool:
    """Return a pool, not yet open, that connects on demand."""
    return ConnectionPool(
        settings.conninfo,
        connection_class=connection_class(),
        kwargs={
            "row_factory": dict_row,
            "autocommit": True,
            "prepare_threshold": prepare_threshold(settings.pgbouncer),
        },
        configure=settings.configure,
        name=settings.name,
        min_size=0,
        max_size=settings.size,
        max_waiting=MAX_WAITING,
        timeout=POOL_TIMEOUT_SECONDS,
        # The pool retries for so long, then the next request connects at once. The default of
        # 300 s would back off for up to a minute after PostgreSQL is back.
        reconnect_timeout=2.0,
        open=False,
    )


@contextmanager
def lend(pool: Pool, seconds: float = POOL_TIMEOUT_SECONDS) -> Iterator[Connection]:
    """Lend a pool's connection, if one is free within `seconds`; replace one that was closed.

    A connection whose write fails as read-only (25006) is discarded: its server was the primary
    once, and with several hosts in the URL the next connection finds the new primary. All of the
    pool's are, once a migration has made a prepared plan invalid: others have such plans, too.

    PostgreSQL's farewell makes an idle socket readable, so polling it (2 µs, no round trip) finds
    connections that a restart closed. The pool's check= costs a round trip and backs off for
    seconds.
    """
    conn = pool.getconn(seconds)
    if is_broken(conn):
        pool.putconn(conn)
        pool.check()
        conn = pool.getconn()
    try:
        yield conn
    except psycopg.errors.ReadOnlySqlTransaction:
        conn.close()
        raise
    except psycopg.errors.FeatureNotSupported as error:
        if is_stale_plan(error):
            pool.drain()
        raise
    finally:
        pool.putconn(conn)


def is_broken(conn: Connection) -> bool:
    """Whether a connection is closed, or idle with bytes to read: the server's farewell."""
    if conn.closed:
        return True
    poll = poll_now()
    poll.register(conn.fileno(), select.POLLIN)
    return bool(poll.poll(0))
