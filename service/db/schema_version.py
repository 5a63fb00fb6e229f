"""Whether this code and the database's schema fit, by the names of their migrations.

Without yoyo, which is slow to load: every worker checks at its start, and each /readyz again.
"""

import logging
import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import psycopg

from service.core.failure import Failure
from service.core.shipped import shipped
from service.db.connections import connect
from service.db.queries import Connection, queries
from service.db.session_settings import READ

DIRECTORY = shipped("migrations")
ROLLBACK = ".rollback.sql"
# The first migration of the versions before 0.1.0. Their schema has no migration to this one.
BEFORE_FIRST_RELEASE = "0001.create-agents"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MigrationGap:
    """The migrations that only the code or only the database has: names, in order."""

    lacking: tuple[str, ...]  # in the database
    unknown: tuple[str, ...]  # to this code

    def __str__(self) -> str:
        if BEFORE_FIRST_RELEASE in self.unknown:
            return (
                "the database was made by a version before 0.1.0: run python -m service dump FILE "
                "with that version, then python -m service restore FILE with this one, into a new "
                "database"
            )
        if self.unknown:
            return (
                "the database is of a newer version, with migrations that this one does not know "
                f"({', '.join(self.unknown)}): run the newer version of the service"
            )
        return f"the database lacks {', '.join(self.lacking)}: run python -m service migrate up"


def known_names(directory: Path = DIRECTORY) -> frozenset[str]:
    """The names of the migrations that this code has."""
    files = (path.name for path in directory.glob("*.sql") if not path.name.endswith(ROLLBACK))
    return frozenset(name.removesuffix(".sql") for name in files)


def known_tables(directory: Path = DIRECTORY) -> list[str]:
    """The names of the tables that this code's migrations create."""
    files = (directory / f"{name}.sql" for name in known_names(directory))
    found = (re.findall(r"^CREATE TABLE (\w+)", file.read_text(), re.M) for file in files)
    return sorted(chain.from_iterable(found))


def applied_names(conn: Connection) -> list[str]:
    """The names of the migrations that the database has; `conn` is in autocommit."""
    try:
        return [row["migration_id"] for row in queries.migrations.applied(conn)]
    except psycopg.errors.UndefinedTable:
        return []  # the database was never migrated


def find_migration_gap(known: Collection[str], applied: Collection[str]) -> MigrationGap | None:
    """Compare the code's migrations with the database's; None when they are the same."""
    gap = MigrationGap(
        tuple(sorted(set(known) - set(applied))), tuple(sorted(set(applied) - set(known)))
    )
    return gap if gap.lacking or gap.unknown else None


def check(url: str, joining: bool = False) -> None:
    """Raise Failure where the database's schema is not this code's.

    A worker that is `joining` a running service accepts a newer schema as the other workers do,
    because each migration leaves the old code working. An unreachable database is not an error
    here: requests get 503 until it is back, and /readyz checks then.
    """
    try:
        with connect(url, READ, "schema") as conn:
            conn.autocommit = True
            gap = find_migration_gap(known_names(), applied_names(conn))
    except psycopg.OperationalError:
        return
    if gap and joining and not gap.lacking:
        log.warning("%s; serving on beside it", gap)
    elif gap:
        raise Failure(str(gap))
