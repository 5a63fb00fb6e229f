"""The SQLite database of GATI's own backend (the `gati` package keeps it as gati.db)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import orjson

from service.core.failure import Failure
from service.db.queries import SQL_DIRECTORY

SQL = SQL_DIRECTORY / "sqlite"


class GatiDatabase:
    """Its events, read only; it may be in use."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def count(self) -> int:
        """How many events there are."""
        found: int = self._ask("count_events").fetchone()["events"]
        return found

    def events(self) -> Iterator[tuple[int, bytes]]:
        """Each event as JSON, with its number from 1; raises Failure when they cannot be read."""
        try:
            for number, row in enumerate(self._ask("events"), 1):
                yield number, as_event(row)
        except sqlite3.Error as error:
            raise no_gati(error) from None

    def _ask(self, name: str) -> sqlite3.Cursor:
        try:
            return self._conn.execute((SQL / f"{name}.sql").read_text())
        except sqlite3.Error as error:
            raise no_gati(error) from None


@contextmanager
def opened(path: Path) -> Iterator[GatiDatabase]:
    """Open it for reading."""
    try:
        conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise no_gati(error) from None
    with closing(conn):
        conn.row_factory = sqlite3.Row
        conn.text_factory = bytes  # text that is no UTF-8 is one event's fault, not the file's
        yield GatiDatabase(conn)


def as_event(row: sqlite3.Row) -> bytes:
    """A row as one event of POST /events, its data as the JSON that is stored."""
    names = [name for name in row.keys() if name != "data"]  # noqa: SIM118 - a Row iterates values
    fields = {name: as_text(row[name]) for name in names}
    return orjson.dumps({**fields, "data": orjson.Fragment(row["data"] or b"{}")})


def as_text(value: object) -> str | None:
    """A value of a text column; what is no UTF-8 shows where it is not."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return None if value is None else str(value)


def no_gati(error: sqlite3.Error) -> Failure:
    """The failure for a database that cannot be read as GATI's."""
    return Failure(f"this is no GATI database that can be read: {error}")
