"""What a read spills to disk is bounded, where PostgreSQL lets the service say so."""

import psycopg
import pytest

from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.errors import Transient, transient_kind
from service.db.queries import Connection, Row, queries

ROLE = "gati_no_superuser"


def limit(conn: Connection) -> str:
    """The session's limit."""
    [row] = conn.execute("SHOW temp_file_limit")
    return str(row["temp_file_limit"])


def test_reads_have_a_limit(database_url: str) -> None:
    database = Database(DatabaseSettings(database_url, 5))
    database.open()
    try:
        with database.reading() as conn:
            assert limit(conn) == "2GB"
        with database.changing() as conn:
            assert limit(conn) == "-1"
    finally:
        database.close()


def test_a_role_that_may_not_set_it_goes_without(conn: Connection) -> None:
    with conn.transaction(force_rollback=True):
        conn.execute(f"CREATE ROLE {ROLE}")
        conn.execute(f"SET LOCAL ROLE {ROLE}")
        assert rows(queries.transactions.limit_temp_files(conn)) == []
        assert limit(conn) == "-1"


def rows(cursor: "psycopg.Cursor[Row]") -> list[Row]:
    """What a query returned."""
    return cursor.fetchall()


def test_a_read_beyond_it_is_told_to_ask_for_less(conn: Connection) -> None:
    conn.execute("SET temp_file_limit = '64kB'")
    conn.execute("SET work_mem = '64kB'")
    with pytest.raises(psycopg.errors.ConfigurationLimitExceeded) as raised:
        conn.execute("SELECT n FROM generate_series(1, 100000) AS n ORDER BY -n").fetchall()
    assert transient_kind(raised.value) is Transient.TOO_HEAVY
