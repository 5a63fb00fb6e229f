"""Load and list the price table: the operator's file, and the built-in prices."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg

from service.core.failure import Failure
from service.core.retry_policy import RetryPolicy
from service.db import audit_log
from service.db.connections import connect
from service.db.queries import Connection, Row, queries
from service.db.session_settings import DIRECT
from service.prices.built_in import BuiltIn, read_package

# While this lock request waits, later transactions queue after it; their timeout is 750 ms.
SETTINGS = DIRECT | {"lock_timeout": "200ms"}
RETRIES = RetryPolicy(30)

# The arrays of prices/add, by the column of each.
COLUMNS = {
    "providers": "provider",
    "models": "model",
    "valid_froms": "valid_from",
    "above_tokens": "above_tokens",
    "inputs": "input_per_million",
    "outputs": "output_per_million",
    "cache_reads": "cache_read_per_million",
    "cache_writes": "cache_write_per_million",
    "sources": "source",
    "checked_ons": "checked_on",
}

Key = tuple[str, str, date, int]

# The figures of a price, in dollars per million tokens.
FIGURES = ("input", "output", "cache_read", "cache_write")


@dataclass(frozen=True)
class Changes:
    """The difference between prices and the stored ones, by provider, model, day and tokens."""

    added: list[Key]
    changed: list[Key]
    removed: list[Key]
    unchanged: int
    before: dict[Key, Row] = field(repr=False, compare=False)

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
            old,
        )

    def lines(self) -> Iterator[str]:
        """One line for each changed price; what is removed with its figures."""
        for what in ("added", "changed", "removed"):
            for provider, model, valid_from, above_tokens in getattr(self, what):
                name = f"{provider}/{model}" if provider else model
                above = f", above {above_tokens} tokens" if above_tokens else ""
                figures = ""
                if what == "removed":
                    key = provider, model, valid_from, above_tokens
                    figures = f": {figures_of(self.before[key])}"
                yield f"{what} {name} from {valid_from}{above}{figures}"

    def __str__(self) -> str:
        return (
            f"{len(self.added)} added, {len(self.changed)} changed, {len(self.removed)} removed, "
            f"{self.unchanged} as they were"
        )


def figures_of(price: Row) -> str:
    """What a price says, such as `2.5 input, 10 output`."""
    values = ((name, price[f"{name}_per_million"]) for name in FIGURES)
    return ", ".join(
        f"{shown(value)} {name.replace('_', ' ')}" for name, value in values if value is not None
    )


def shown(figure: Decimal) -> str:
    """A figure without trailing zeros."""
    return f"{figure.normalize():f}"


def by_key(rows: Iterable[Row]) -> dict[Key, Row]:
    """Prices by what tells them apart."""
    return {
        (row["provider"], row["model"], row["valid_from"], row["above_tokens"]): row for row in rows
    }


def listed(url: str, built_in: bool) -> list[Row]:
    """The operator's prices, or the built-in ones, as rows of prices/all."""
    with connect(url, SETTINGS, "prices") as conn:
        return stored(conn, built_in)


def stored(conn: Connection, built_in: bool) -> list[Row]:
    """The same within a transaction."""
    return [row for row in queries.prices.all(conn) if bool(row["provider"]) is built_in]


def load(url: str, file: str, prices: list[Row], known: Changes | None = None) -> Changes:
    """Replace the operator's prices. Raises Failure as `locking` does.

    With `known`, which somebody agreed to, also if it would remove other prices than those.
    """
    return locking(url, lambda conn: replace(conn, file, prices, known))


def update(url: str, found: BuiltIn) -> Changes:
    """Replace the built-in prices. Raises Failure as `locking` does."""
    return locking(url, lambda conn: replace_built_in(conn, found))


def load_first(url: str) -> str | None:
    """Load the built-in prices if there are none; return what was loaded."""
    with connect(url, SETTINGS, "prices") as conn:
        if queries.prices.providers(conn).fetchone():
            return None
    found = read_package()
    update(url, found)
    return f"{len(found.prices)} prices of genai-prices {found.version}"


def locking(url: str, change: Callable[[Connection], Changes]) -> Changes:
    """Change prices in one transaction.

    Events that commit afterwards use the new prices: see prices/loaded. Raises Failure if other
    transactions keep the table locked.
    """
    with connect(url, SETTINGS, "prices") as conn:
        conn.autocommit = True
        for _ in RETRIES.attempts():
            with suppress(psycopg.errors.LockNotAvailable), conn.transaction():
                queries.prices.lock(conn)
                return change(conn)
    raise Failure("somebody reads the prices all the time (a dump?): nothing was loaded, try again")


def replace(
    conn: Connection, file: str, prices: list[Row], known: Changes | None = None
) -> Changes:
    """Replace the operator's prices within a transaction, and record it in the audit log."""
    changes = store(conn, prices, built_in=False)
    if known and changes.removed != known.removed:
        raise Failure("other prices were loaded meanwhile: nothing was loaded, try again")
    audit_log.record(conn, audit_log.COMMAND, "load prices", f"{file}: {changes}")
    return changes


def replace_built_in(conn: Connection, found: BuiltIn) -> Changes:
    """Replace the built-in prices within a transaction, and record it in the audit log."""
    changes = store(conn, found.prices, built_in=True)
    queries.prices.clear_providers(conn)
    queries.prices.clear_patterns(conn)
    queries.prices.add_providers(
        conn,
        **columns(
            found.providers,
            {
                "providers": "provider",
                "positions": "position",
                "name_patterns": "name_pattern",
                "model_patterns": "model_pattern",
                "fallbacks": "fallbacks",
            },
        ),
    )
    queries.prices.add_patterns(
        conn,
        **columns(
            found.patterns,
            {
                "providers": "provider",
                "positions": "position",
                "models": "model",
                "patterns": "pattern",
            },
        ),
    )
    subject = f"genai-prices {found.version}: {changes}"
    audit_log.record(conn, audit_log.COMMAND, "update prices", subject)
    return changes


def store(conn: Connection, prices: list[Row], *, built_in: bool) -> Changes:
    """Replace one kind of prices."""
    changes = Changes.between(stored(conn, built_in), prices)
    queries.prices.clear(conn, built_in=built_in)
    queries.prices.add(conn, **columns(prices, COLUMNS))
    queries.prices.stamp(conn)
    return changes


def columns(rows: list[Row], names: dict[str, str]) -> dict[str, list[str | None]]:
    """The columns of rows as arrays of text, by the names of parameters."""
    return {param: [as_text(row[column]) for row in rows] for param, column in names.items()}


def as_text(value: Any) -> str | None:
    """A value as PostgreSQL reads it; a list as an array literal."""
    if isinstance(value, list):
        return "{" + ",".join(value) + "}"
    return None if value is None else str(value)
