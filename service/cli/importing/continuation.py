"""Whether what an export goes on after is stored, from this file or from one imported before."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from service.core.validation import to_uuid
from service.db.queries import Connection, queries

MISSING = (
    "{position}: the export goes on after={after}, which is not stored: import the part before it, "
    "too. What came is imported."
)


class Continuations:
    """Looks up the event that each continued export names; `fault` is the first not stored."""

    def __init__(self, lend: Callable[[], AbstractContextManager[Connection]]) -> None:
        self.fault: str | None = None
        self._lend = lend

    def check(self, position: str, after: str) -> None:
        """Look up an event, after all that came before it is stored."""
        run_id, event_id = (to_uuid(part) for part in after.partition("/")[::2])
        if self.fault or run_id is None or event_id is None:
            return
        with self._lend() as conn:
            found = queries.events.find_in_run(conn, run_id=run_id, event_id=event_id).fetchone()
        if found is None:
            self.fault = MISSING.format(position=position, after=f"{run_id}/{event_id}")
