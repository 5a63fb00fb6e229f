"""Reads SQL files again that were edited while the service runs, which DEBUG does.

A file that PostgreSQL does not understand is logged once, and its last text stays in use.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg

from service.core.failure import Failure
from service.db.queries import Connection, Queries, Query, parse, queries
from service.db.query_check import first_fault
from service.db.query_texts import STAYS

log = logging.getLogger(__name__)


class QueryReload:
    """Puts edited files in use. `lend` lends the connection that prepares them."""

    def __init__(
        self,
        lend: Callable[[], AbstractContextManager[Connection]],
        reloaded: Queries = queries,
    ) -> None:
        self._lend = lend
        self._queries = reloaded
        self._seen: dict[Path, bytes] = {}

    def __call__(self) -> None:
        """Look at every file; one that was removed stays in use until the service stops."""
        for path in self._queries.files():
            text = path.read_bytes()
            if text != self._known(path):
                self._seen[path] = text
                self._take(path, text)

    def _known(self, path: Path) -> bytes | None:
        """The text that was looked at last."""
        loaded = self._queries.of_file(path)
        return self._seen.get(path, loaded.source.encode() if loaded else None)

    def _take(self, path: Path, text: bytes) -> None:
        """Put the file in use, or say why not."""
        try:
            query = parse(path, text)
            fault = self._fault(query)
        except Failure as failure:
            fault = str(failure)
        except psycopg.OperationalError as error:  # nobody can tell now: it is asked again
            del self._seen[path]
            fault = f"sql/{path.parent.name}/{path.name} was not checked: {type(error).__name__}"
        if fault:
            log.warning(STAYS, fault)
        else:
            self._queries.put(path, query)

    def _fault(self, query: Query) -> str | None:
        """What PostgreSQL says against the query."""
        with self._lend() as conn:
            return first_fault(conn, [query])
