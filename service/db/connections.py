"""How a single connection is opened and configured."""

import logging
from collections.abc import Callable

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg.types.string import TextLoader

from service.db.green_connection import connection_class
from service.db.json_loaders import FragmentLoader, NumberLoader
from service.db.queries import Connection, queries
from service.db.session_settings import READ_ONLY, as_options
from service.db.statement_timeout import TimeoutConnection, keepalives, set_client_timeout

CONNECT_TIMEOUT_SECONDS = 2
PREPARE_THRESHOLD = 5  # psycopg's default; each query says itself whether it is prepared

# psycopg warns of each pipeline that an error ended, also of an expected one that is retried.
logging.getLogger("psycopg").setLevel(logging.ERROR)


def connect(
    url: str,
    settings: dict[str, str],
    role: str,
    *,
    for_writer: bool = False,
    pgbouncer: bool = False,
    is_server_gone: Callable[[], bool] | None = None,
) -> Connection:
    """Open a connection with session settings, and rows as dicts. `role` names its purpose.

    Through PgBouncer the session gets no settings, and nothing is prepared.
    """
    conn = connection_class(for_writer).connect(
        conninfo(url, {} if pgbouncer else settings, role),
        row_factory=dict_row,
        prepare_threshold=prepare_threshold(pgbouncer),
    )
    load_ids_as_text(conn)
    set_client_timeout(conn, settings)
    conn.is_server_gone = is_server_gone
    conn.autocommit = True
    detect_citus(conn)
    if not pgbouncer and needs_read_only(conn, settings):
        queries.transactions.read_only(conn)
    conn.autocommit = False
    return conn


def detect_citus(conn: TimeoutConnection) -> None:
    """Set `conn.distributed`, and let Citus choose custom plans.

    Citus cannot plan for unknown parameters, which a generic plan has.
    """
    conn.distributed = queries.transactions.plan_on_citus(conn).fetchone() is not None


def prepare_threshold(pgbouncer: bool) -> int | None:
    """The value for psycopg: None means never, even if a query asks for it."""
    return None if pgbouncer else PREPARE_THRESHOLD


def wants_read_write(url: str) -> bool:
    """Whether libpq looks for a host on which sessions begin read-write."""
    return conninfo_to_dict(url).get("target_session_attrs") == "read-write"


def needs_read_only(conn: TimeoutConnection, settings: dict[str, str]) -> bool:
    """Whether the settings say read-only and PostgreSQL reports that the session is not."""
    reported = conn.pgconn.parameter_status(READ_ONLY.encode())
    return READ_ONLY in settings and reported != b"on"


def conninfo(url: str, settings: dict[str, str], role: str) -> str:
    """Add the session settings and libpq's parameters to a URL.

    Settings travel in the start-up packet, without SET, except `default_transaction_read_only` with
    target_session_attrs=read-write: libpq checks that very setting, and would reject every host.
    """
    if wants_read_write(url):
        settings = {name: value for name, value in settings.items() if name != READ_ONLY}
    return make_conninfo(
        url,
        **keepalives(url),
        options=as_options(settings),
        client_encoding="UTF8",  # whatever the role, the URL or PGCLIENTENCODING says
        application_name=f"gati-backend {role}",
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
    )


def load_ids_as_text(conn: TimeoutConnection) -> None:
    """Load ids as text, since UUID objects are slow to make, to hash and to write.

    They took 40 of the 190 ms of a trace of 10,000 events.
    """
    conn.adapters.register_loader("uuid", TextLoader)


def register_loaders(conn: TimeoutConnection) -> None:
    """Load numeric as a JSON number, jsonb as text that is not parsed, and ids as text."""
    load_ids_as_text(conn)
    conn.adapters.register_loader("numeric", NumberLoader)
    conn.adapters.register_loader("jsonb", FragmentLoader)
