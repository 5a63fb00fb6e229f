"""Whether this code and the database's schema fit, by the names of their migrations.

Without yoyo, which is slow to load: every worker asks at its start, and /readyz each time.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import psycopg

from service.core.failure import Failure
from service.db.connections import connect
from service.db.queries import Connection, queries
from service.db.session_settings import READ

DIRECTORY = Path(__file__).resolve().parents[2] / "migrations"
ROLLBACK = ".rollback.sql"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MigrationGap:
    """What one side has and the other has not: names of migrations, in order."""

    lacking: tuple[str, ...]  # in the database
    unknown: tuple[str, ...]  # to this code

    def __str__(self) -> str:
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


def applied_names(conn: Connection) -> list[str]:
    """The names of the migrations that the database has; `conn` is in autocommit."""
    try:
        return [row["migration_id"] for row in queries.migrations.applied(conn)]
    except psycopg.errors.UndefinedTable:
        return []  # it was never migrated


def find_migration_gap(known: Collection[str], applied: Collection[str]) -> MigrationGap | None:
    """What does not fit; None when all does."""
    gap = MigrationGap(
        tuple(sorted(set(known) - set(applied))), tuple(sorted(set(applied) - set(known)))
    )
    return gap if gap.lacking or gap.unknown else None


def check(url: str, joining: bool = False) -> None:
    """Raise Failure where the schema is another than this code's.

    `joining` a service that runs, a worker takes a newer database as the others do: a migration is
    made so that the old code goes on beside it. A database that is away is not asked: it is
    answered for with 503 until it comes back, and /readyz looks then.
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
