"""A proxy before the database of a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service.db.queries import Connection
from tests.faults.proxy import HOST, Proxy

Through = tuple[Proxy, str]  # a proxy, and the conninfo that leads through it


@pytest.fixture
def through(conn: Connection, database_url: str) -> Iterator[Through]:
    """A proxy before the test's database, and the conninfo that leads through it."""
    given = conninfo_to_dict(database_url)
    host, port = str(given["host"]), given.get("port") or 5432
    upstream = Path(host, f".s.PGSQL.{port}") if host.startswith("/") else (host, int(port))
    conn.execute("CREATE TABLE copied (n int)")
    with Proxy(upstream) as proxy:
        yield proxy, make_conninfo(database_url, host=HOST, port=proxy.port)
