"""How a connection is made, and what it is told before it is used."""

import logging
from collections.abc import Callable

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg.types.string import TextLoader

from service.db.green_connection import connection_class
from service.db.json_loaders import FragmentLoader, NumberLoader
from service.db.queries import Connection, queries
from service.db.session_settings import READ_ONLY
from service.db.statement_timeout import TimeoutConnection, keepalives, set_client_timeout

CONNECT_TIMEOUT_SECONDS = 2
PREPARED_AT_ONCE = 5  # psycopg's own; the queries say of each whether it is prepared

# psycopg warns of each pipeline that an error ended, also of an expected one that is retried.
logging.getLogger("psycopg").setLevel(logging.ERROR)


def connect(
    url: str,
    settings: dict[str, str],
    role: str,
    *,
    first: bool = False,
    pgbouncer: bool = False,
    is_server_gone: Callable[[], bool] | None = None,
) -> Connection:
    """Open one connection with its settings, rows as dicts; `first` goes before requests.

    Through PgBouncer it has none of them, and prepares nothing.
    """
    conn = connection_class(first).connect(
        conninfo(url, {} if pgbouncer else settings, role),
        row_factory=dict_row,
        prepare_threshold=prepare_threshold(pgbouncer),
    )
    set_client_timeout(conn, settings)
    conn.is_server_gone = is_server_gone
    conn.autocommit = True
    note_distribution(conn)
    if not pgbouncer and must_say_read_only(conn, settings):
        queries.transactions.read_only(conn)
    conn.autocommit = False
    return conn


def note_distribution(conn: TimeoutConnection) -> None:
    """Let the connection know whether its tables are distributed; there, Citus chooses the plans.

    It makes none for parameters that it does not know, as a generic plan would have it.
    """
    conn.distributed = queries.transactions.plan_on_citus(conn).fetchone() is not None


def prepare_threshold(pgbouncer: bool) -> int | None:
    """What psycopg is told: None means never, whatever a query says."""
    return None if pgbouncer else PREPARED_AT_ONCE


def wants_read_write(url: str) -> bool:
    """Whether libpq looks for a host on which sessions begin read-write."""
    return conninfo_to_dict(url).get("target_session_attrs") == "read-write"


def must_say_read_only(conn: TimeoutConnection, settings: dict[str, str]) -> bool:
    """Whether a session that is to be read-only has not begun as one; PostgreSQL reports it."""
    begun = conn.pgconn.parameter_status(READ_ONLY.encode())
    return READ_ONLY in settings and begun != b"on"


def conninfo(url: str, settings: dict[str, str], role: str) -> str:
    """Add to the URL what libpq is told. Settings travel in the start-up packet: no SET.

    But for `default_transaction_read_only` with target_session_attrs=read-write: libpq looks at
    that very setting, and a session that begins with it is none of those it wants, on no host.
    """
    if wants_read_write(url):
        settings = {name: value for name, value in settings.items() if name != READ_ONLY}
    return make_conninfo(
        url,
        **keepalives(url),
        options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
        application_name=f"gati-backend {role}",
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
    )


def configure(conn: TimeoutConnection) -> None:
    """Load numeric as a number of JSON's, jsonb as text that is passed on unparsed, ids as text.

    UUID objects take long to make and to hash: 40 of the 190 ms of a trace of 10,000 events.
    """
    conn.adapters.register_loader("numeric", NumberLoader)
    conn.adapters.register_loader("jsonb", FragmentLoader)
    conn.adapters.register_loader("uuid", TextLoader)
