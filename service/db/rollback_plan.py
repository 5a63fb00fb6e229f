"""The plan of `migrate down`: it lists the tables that would be dropped, and changes nothing."""

import re
from typing import NamedTuple

from service.core.failure import Failure
from service.db.migrate import known_migrations, migrating, reach, refuse_newer
from service.db.queries import Connection, queries
from service.db.schema_version import DIRECTORY, ROLLBACK


class Loss(NamedTuple):
    """What is gone for good with the rows of a table."""

    table: str
    text: str


LOSSES = {
    "events": Loss("events", "all events, and the metrics with them"),
    "metrics": Loss(
        "retired_metrics",
        "metrics of weeks whose events retention removed: nothing can count them again",
    ),
    "versions": Loss(
        "retired_versions",
        "sums by version of runs that retention removed: nothing can count them again",
    ),
    "scores": Loss("scores", "all scores of runs"),
    "score-sums": Loss(
        "retired_scores",
        "sums of the scores of runs that retention removed: nothing can count them again",
    ),
    "keys": Loss("api_keys", "all API keys: afterwards the service is open to all, without a key"),
    "audit-log": Loss("audit_log", "the audit log: who deleted, renamed, created and revoked what"),
}


class LostTable(NamedTuple):
    """A table that a rollback drops: its row count, and its size with partitions and indexes."""

    name: str
    rows: int
    bytes: int


class Rollback(NamedTuple):
    """What `down` would do: the migrations, the latest first, and the tables that they drop."""

    names: list[str]
    tables: list[LostTable]

    @property
    def losses(self) -> list[str]:
        """The words of LOSSES whose tables go and have rows."""
        filled = {table.name for table in self.tables if table.rows}
        return [word for word, loss in LOSSES.items() if loss.table in filled]


def plan_down(url: str, count: int) -> Rollback:
    """Return what `down` would roll back and drop.

    Raises Failure if fewer migrations are applied. Also while the service or another command is
    connected, because it would fail on the missing tables.
    """
    with migrating(url) as backend:
        known = known_migrations()
        refuse_newer(url, known)
        names = [migration.id for migration in backend.to_rollback(known)]
        if count > len(names):
            raise Failure(f"applied migrations: {len(names)}, fewer than {count}; nothing was done")
        with reach(url) as conn:
            refuse_sessions(conn)
            tables = [size_of(conn, name) for name in dropped_by(names[:count])]
    return Rollback(names[:count], tables)


def refuse_sessions(conn: Connection) -> None:
    """Raise Failure while the service or one of its commands is connected to the database."""
    found = queries.migrations.sessions(conn).fetchall()
    if found:
        kinds = ", ".join(f"{row['sessions']} {row['application_name']}" for row in found)
        raise Failure(
            f"the database is in use ({kinds}); nothing was done. Stop these processes first"
        )


def dropped_by(names: list[str]) -> list[str]:
    """The tables named by DROP TABLE in the rollback files of these migrations.

    Raises Failure if one of the files is missing.
    """
    files = [DIRECTORY / (name + ROLLBACK) for name in names]
    for file in files:
        if not file.is_file():
            raise Failure(f"{file.name} is missing: nothing was rolled back")
    texts = [file.read_text() for file in files]
    return [table for text in texts for table in re.findall(r"^DROP TABLE (\w+)", text, re.M)]


def size_of(conn: Connection, table: str) -> LostTable:
    """The size of a table."""
    row = queries.migrations.table_size(conn, relation=table, name=table).fetchall()[0]
    return LostTable(table, row["rows"], int(row["bytes"]))
