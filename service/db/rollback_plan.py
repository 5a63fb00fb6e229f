"""What `migrate down` would destroy, and whether it may: before anything is changed."""

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
    "keys": Loss("api_keys", "all API keys: afterwards the service is open to all, without a key"),
    "audit-log": Loss("audit_log", "the audit log: who deleted, renamed, created and revoked what"),
}


class LostTable(NamedTuple):
    """A table that a rollback drops: its rows, and its bytes with partitions and indexes."""

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

    Raises Failure if fewer migrations are applied, or while the service or one of its commands is
    connected: rolled back under it, it would answer every request with an error.
    """
    with migrating(url) as backend:
        known = known_migrations()
        refuse_newer(url, known)
        names = [migration.id for migration in backend.to_rollback(known)]
        if count > len(names):
            raise Failure(f"only {len(names)} migrations are applied: nothing was done")
        with reach(url) as conn:
            refuse_sessions(conn)
            tables = [size_of(conn, name) for name in dropped_by(names[:count])]
    return Rollback(names[:count], tables)


def refuse_sessions(conn: Connection) -> None:
    """Raise Failure while the service or one of its commands is connected to the database."""
    found = queries.migrations.sessions(conn).fetchall()
    if found:
        kinds = ", ".join(f"{row['sessions']} {row['application_name']}" for row in found)
        raise Failure(f"the database is in use ({kinds}): stop the service first, nothing was done")


def dropped_by(names: list[str]) -> list[str]:
    """The tables that the rollbacks of these migrations drop, as their files say."""
    texts = [(DIRECTORY / (name + ROLLBACK)).read_text() for name in names]
    return [table for text in texts for table in re.findall(r"^DROP TABLE (\w+)", text, re.M)]


def size_of(conn: Connection, table: str) -> LostTable:
    """The size of a table."""
    row = queries.migrations.table_size(conn, relation=table, name=table).fetchall()[0]
    return LostTable(table, row["rows"], int(row["bytes"]))
