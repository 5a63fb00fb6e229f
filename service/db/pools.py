"""A pool of connections, and how one of them is lent."""

import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from service.core.cooperative import poll_now
from service.db.connections import (
    configure,
    conninfo,
    must_say_read_only,
    note_distribution,
    prepare_threshold,
)
from service.db.green_connection import connection_class
from service.db.queries import Connection, queries
from service.db.session_settings import READ_ONLY
from service.db.statement_timeout import TimeoutConnection, set_client_timeout

POOL_TIMEOUT_SECONDS = 2.0
MAX_WAITING = 200

Pool = ConnectionPool[TimeoutConnection]


def pool(
    find_url: Callable[[], str],
    settings: dict[str, str],
    role: str,
    size: int,
    is_server_gone: Callable[[], bool] | None = None,
    *,
    pgbouncer: bool = False,
) -> Pool:
    """A pool, not yet open, that makes its connections as they are needed, each by the URL then.

    Through PgBouncer they have none of the settings, and prepare nothing.
    """

    def prepare(conn: TimeoutConnection) -> None:
        configure(conn)
        set_client_timeout(conn, settings)
        conn.is_server_gone = is_server_gone
        note_distribution(conn)
        if pgbouncer:  # it keeps the time zone, by which psycopg reads times, for each client
            queries.transactions.use_utc(conn)
            return
        if READ_ONLY in settings:
            queries.transactions.limit_temp_files(conn)
        if must_say_read_only(conn, settings):
            queries.transactions.read_only(conn)

    return ConnectionPool(
        lambda: conninfo(find_url(), {} if pgbouncer else settings, role),
        connection_class=connection_class(),
        kwargs={
            "row_factory": dict_row,
            "autocommit": True,
            "prepare_threshold": prepare_threshold(pgbouncer),
        },
        configure=prepare,
        name=role,
        min_size=0,
        max_size=size,
        max_waiting=MAX_WAITING,
        timeout=POOL_TIMEOUT_SECONDS,
        # After this a failed attempt is forgotten and the next request tries at once; the default
        # of 300 s would back off for up to a minute after PostgreSQL is there again.
        reconnect_timeout=2.0,
        open=False,
    )


@contextmanager
def lend(pool: Pool) -> Iterator[Connection]:
    """Lend a pool's connection; one that the server has closed is replaced.

    One on which a write is refused as read-only (25006) is discarded afterwards: its server was the
    primary once, and with several hosts in the URL the next connection leads to the one that is.

    PostgreSQL's farewell makes an idle socket readable, so a look at it (2 µs, no round trip) finds
    what a restart left behind; the pool's own check= costs a round trip and backs off for seconds.
    """
    conn = pool.getconn()
    if is_broken(conn):
        pool.putconn(conn)
        pool.check()
        conn = pool.getconn()
    try:
        yield conn
    except psycopg.errors.ReadOnlySqlTransaction:
        conn.close()
        raise
    finally:
        pool.putconn(conn)


def is_broken(conn: Connection) -> bool:
    """Whether an idle connection has something to say: then it is the server's farewell."""
    if conn.closed:
        return True
    poll = poll_now()
    poll.register(conn.fileno(), select.POLLIN)
    return bool(poll.poll(0))
