"""A database's pools, for searches in slices small enough to end within a test's few runs."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from service.db.database import Database
from service.db.database_settings import DatabaseSettings


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The pools of one process, whose searches have a second."""
    database = Database(DatabaseSettings(database_url, 4, read_timeout_seconds=1))
    database.open()
    with closing(database):
        yield database
