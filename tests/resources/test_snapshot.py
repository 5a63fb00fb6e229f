"""What one answer reads is one state of the database, whatever is committed meanwhile."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.queries import Connection, queries


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The pools of one process."""
    database = Database(DatabaseSettings(database_url, 4))
    database.open()
    with closing(database):
        yield database


def test_two_statements_of_a_snapshot_see_one_state(database: Database, conn: Connection) -> None:
    """The second statement does not see what was committed after the first was answered."""
    with database.snapshot() as reader:
        assert queries.agents.list(reader, row_limit=9).fetchall() == []
        queries.agents.add(conn, names=["new"])
        assert queries.agents.list(reader, row_limit=9).fetchall() == []
    with database.snapshot() as reader:
        assert [row["name"] for row in queries.agents.list(reader, row_limit=9)] == ["new"]


def test_a_snapshot_that_failed_leaves_a_connection_that_works(
    database: Database, conn: Connection
) -> None:
    """An error ends its snapshot alone: the pool's one connection serves the next."""
    queries.agents.add(conn, names=["there"])
    with pytest.raises(ZeroDivisionError):
        fail_while_reading(database)
    with database.snapshot() as reader:
        assert [row["name"] for row in queries.agents.list(reader, row_limit=9)] == ["there"]


def fail_while_reading(database: Database) -> None:
    """Send a statement, and raise before its answer is looked at."""
    with database.snapshot() as reader:
        queries.agents.list(reader, row_limit=9)
        raise ZeroDivisionError
