"""The plan of `migrate down`: it finds what would be dropped and lost, and changes nothing."""

import re
from typing import NamedTuple

from service.core.failure import Failure
from service.db.migrate import known_migrations, migrating, reach, refuse_newer
from service.db.migration_headers import Loss, losses_of, rollback_text
from service.db.queries import Connection, queries
from service.db.sessions_in_use import sessions_in_use


class LostTable(NamedTuple):
    """A table that a rollback drops: its row count, and its size with partitions and indexes."""

    name: str
    rows: int
    bytes: int


class LostColumn(NamedTuple):
    """A column that nothing fills again, as TABLE.COLUMN: how many rows have a value in it."""

    name: str
    rows: int


class Rollback(NamedTuple):
    """What `down` would do: the migrations, the latest first, and what goes with them."""

    names: list[str]
    tables: list[LostTable]
    columns: list[LostColumn]
    losses: list[Loss]  # those of which there is something


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
            return plan_of(conn, names[:count])


def plan_of(conn: Connection, names: list[str]) -> Rollback:
    """What goes with these migrations."""
    losses = losses_of(sorted(names))
    tables = [size_of(conn, name) for name in dropped_by(names)]
    targets = [target for loss in losses for target in loss.targets]
    columns = [values_of(conn, target) for target in targets if "." in target]
    filled = {table.name for table in tables if table.rows}
    filled |= {column.name for column in columns if column.rows}
    return Rollback(names, tables, columns, [loss for loss in losses if filled & {*loss.targets}])


def refuse_sessions(conn: Connection) -> None:
    """Raise Failure while the service or one of its commands is connected to the database."""
    if sessions := sessions_in_use(conn):
        raise Failure(
            f"the database is in use ({sessions}); nothing was done. Stop these processes first"
        )


def dropped_by(names: list[str]) -> list[str]:
    """The tables named by DROP TABLE in the rollback files of these migrations.

    Raises Failure if one of the files is missing.
    """
    texts = [rollback_text(name) for name in names]
    return [table for text in texts for table in re.findall(r"^DROP TABLE (\w+)", text, re.M)]


def size_of(conn: Connection, table: str) -> LostTable:
    """The size of a table."""
    row = queries.migrations.table_size(conn, relation=table, name=table).fetchall()[0]
    return LostTable(table, row["rows"], int(row["bytes"]))


def values_of(conn: Connection, target: str) -> LostColumn:
    """The values of a column, by its TABLE.COLUMN."""
    table, column = target.split(".")
    row = queries.migrations.column_values(conn, relation=table, column=column).fetchall()[0]
    return LostColumn(target, row["rows"])
