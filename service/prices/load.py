"""Load and list the price table."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import psycopg

from service.core.failure import Failure
from service.core.retry_policy import RetryPolicy
from service.db import audit_log
from service.db.connections import connect
from service.db.queries import Connection, Row, queries
from service.db.session_settings import DIRECT

# While this lock request waits, later transactions queue after it; their timeout is 750 ms.
SETTINGS = DIRECT | {"lock_timeout": "200ms"}
RETRIES = RetryPolicy(30)

# The arrays of prices/add, by the column of each.
COLUMNS = {
    "models": "model",
    "valid_froms": "valid_from",
    "inputs": "input_per_million",
    "outputs": "output_per_million",
    "cache_reads": "cache_read_per_million",
    "cache_writes": "cache_write_per_million",
    "sources": "source",
    "checked_ons": "checked_on",
}

Key = tuple[str, date]


@dataclass(frozen=True)
class Changes:
    """The difference between a file and the stored prices, as (model, day)."""

    added: list[Key]
    changed: list[Key]
    removed: list[Key]
    unchanged: int

    @classmethod
    def between(cls, before: Iterable[Row], after: Iterable[Row]) -> "Changes":
        """Compare rows of prices/all."""
        old, new = by_key(before), by_key(after)
        kept = sorted(old.keys() & new.keys())
        changed = [key for key in kept if old[key] != new[key]]
        return cls(
            sorted(new.keys() - old.keys()),
            changed,
            sorted(old.keys() - new.keys()),
            len(kept) - len(changed),
        )

    def lines(self) -> Iterator[str]:
        """One line for each changed price."""
        for what in ("added", "changed", "removed"):
            for model, valid_from in getattr(self, what):
                yield f"{what} {model} from {valid_from}"

    def __str__(self) -> str:
        return (
            f"{len(self.added)} added, {len(self.changed)} changed, {len(self.removed)} removed, "
            f"{self.unchanged} as they were"
        )


def by_key(rows: Iterable[Row]) -> dict[Key, Row]:
    """Prices by model and day."""
    return {(row["model"], row["valid_from"]): row for row in rows}


def listed(url: str) -> list[Row]:
    """All prices, as rows of prices/all."""
    with connect(url, SETTINGS, "prices") as conn:
        return queries.prices.all(conn).fetchall()


def load(url: str, file: str, prices: list[Row]) -> Changes:
    """Replace all prices. Raises Failure if other transactions keep the table locked.

    Events that commit afterwards use the new prices: see prices/loaded.
    """
    with connect(url, SETTINGS, "prices") as conn:
        conn.autocommit = True
        for _ in RETRIES.attempts():
            with suppress(psycopg.errors.LockNotAvailable), conn.transaction():
                queries.prices.lock(conn)
                return replace(conn, file, prices)
    raise Failure("somebody reads the prices all the time (a dump?): nothing was loaded, try again")


def replace(conn: Connection, file: str, prices: list[Row]) -> Changes:
    """Replace all prices within a transaction, and record it in the audit log."""
    changes = Changes.between(queries.prices.all(conn), prices)
    queries.prices.clear(conn)
    columns = {
        param: [None if row[column] is None else str(row[column]) for row in prices]
        for param, column in COLUMNS.items()
    }
    queries.prices.add(conn, **columns)
    audit_log.record(conn, audit_log.COMMAND, "load prices", f"{file}: {changes}")
    return changes
