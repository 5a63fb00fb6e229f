"""Databases of the tests: a server that waits for no disk, and copies of a template on it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from pytest_postgresql.janitor import DatabaseJanitor

from tests import cluster, leaks

MEMORY, ENOUGH_BYTES = "/dev/shm", 4 * 2**30


def fastest_directory() -> str | None:
    """Memory, where there is enough: to make and drop a database takes 40 ms of CPU, on disk 100.

    Else None, for /tmp itself: pytest's own directories are closed to PostgreSQL's user.
    """
    try:
        return MEMORY if shutil.disk_usage(MEMORY).free > ENOUGH_BYTES else None
    except OSError:
        return None


def hurry(url: str) -> None:
    """Let the server wait for no disk, and look through few buffers to drop a database.

    It counts from the next start on. A database is made for each test: 70 ms in place of 200. What
    has to be durable is shown on servers of their own, in tests/postgres and tests/server.
    """
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("ALTER SYSTEM SET fsync = off")
        conn.execute("ALTER SYSTEM SET full_page_writes = off")
        conn.execute("ALTER SYSTEM SET shared_buffers = '64MB'")


def url_of(server_url: str, name: str) -> str:
    """The URL of another database on the same server."""
    parts = {"password": leaks.PASSWORD, **conninfo_to_dict(server_url), "dbname": name}
    return "postgresql:///?" + urlencode(parts, quote_via=quote)


@cache
def administrator(server_url: str) -> psycopg.Connection:
    """The one connection that makes and drops databases; another for each costs 10 ms."""
    return psycopg.connect(server_url, autocommit=True, prepare_threshold=None)


class Janitor(DatabaseJanitor):
    """Makes databases by copying files; through the log it takes twice as long."""

    server_url: str

    def _build_create_database_sql(self) -> sql.Composed:
        return super()._build_create_database_sql() + sql.SQL(" STRATEGY = FILE_COPY")

    @contextmanager
    def cursor(self, dbname: str | None = None) -> Iterator[psycopg.Cursor]:
        """Lend a cursor of the one connection."""
        with administrator(self.server_url).cursor() as cursor:
            yield cursor


def janitor(
    server_url: str, name: str, template: str | None = None
) -> Janitor | cluster.ClusterDatabase:
    """Make and drop one database of the server, or of the cluster."""
    if cluster.URL:
        return cluster.ClusterDatabase(server_url, name, template)
    server = conninfo_to_dict(server_url)
    made = Janitor(
        user=str(server.get("user") or "postgres"),
        host=str(server.get("host") or "localhost"),
        port=str(server.get("port") or "5432"),
        password=str(server.get("password") or "") or None,
        maintenance_dbname=str(server["dbname"]),
        dbname=name,
        template_dbname=template,
        as_template=template is None,
    )
    made.server_url = server_url
    return made
