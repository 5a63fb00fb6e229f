"""The SQLite database of GATI's own backend (the `gati` package keeps it as gati.db)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import orjson

from service.core.failure import Failure
from service.db.queries import SQL_DIRECTORY

SQL = SQL_DIRECTORY / "sqlite"
STEPS_TO_A_SIGNAL = 100_000  # of SQLite's machine: some milliseconds


class GatiDatabase:
    """The events of a GATI database, opened read-only; another process may use the file."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def count(self) -> int:
        """Return the number of events."""
        found: int = self._query("count_events").fetchone()["events"]
        return found

    def events(self) -> Iterator[tuple[int, bytes]]:
        """Yield each event as JSON, with its number from 1; raise Failure if reading fails."""
        try:
            for number, row in enumerate(self._query("events"), 1):
                yield number, as_event(row)
        except sqlite3.Error as error:
            raise no_gati(error) from None

    def _query(self, name: str) -> sqlite3.Cursor:
        try:
            return self._conn.execute((SQL / f"{name}.sql").read_text())
        except sqlite3.Error as error:
            raise no_gati(error) from None


@contextmanager
def opened(path: Path) -> Iterator[GatiDatabase]:
    """Open a GATI database for reading."""
    try:
        conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise no_gati(error) from None
    with closing(conn):
        # Python sees Ctrl-C when a statement calls it; a view may never end.
        conn.set_progress_handler(lambda: None, STEPS_TO_A_SIGNAL)
        conn.row_factory = sqlite3.Row
        conn.text_factory = bytes  # invalid UTF-8 must fail one event, not the whole file
        yield GatiDatabase(conn)


def as_event(row: sqlite3.Row) -> bytes:
    """Convert a row to one event of POST /events; `data` is the stored JSON, unchanged."""
    names = [name for name in row.keys() if name != "data"]  # noqa: SIM118 - a Row iterates values
    fields = {name: as_text(row[name]) for name in names}
    data = row["data"] or b"{}"
    stored = data if isinstance(data, bytes) else str(data)  # SQLite keeps a number as one
    return orjson.dumps({**fields, "data": orjson.Fragment(stored)})


def as_text(value: object) -> str | None:
    """Convert a value of a text column; invalid UTF-8 becomes replacement characters."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return None if value is None else str(value)


def no_gati(error: sqlite3.Error) -> Failure | KeyboardInterrupt:
    """Return the failure for a file that cannot be read as a GATI database; or it was Ctrl-C."""
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
        return KeyboardInterrupt()
    return Failure(f"this is no GATI database that can be read: {error}")
