"""Lets messages of log records become the content of their spans' events, every few seconds."""

from collections import deque
from collections.abc import Iterable
from itertools import chain

import psycopg

from service.config import KILOBYTE, Config
from service.core.periodic_thread import PeriodicThread
from service.db.database import Database
from service.db.errors import DATABASE_ERRORS
from service.ingest.json.event import MAX_DEPTH
from service.writer.locks_of_others import locks_now
from service.writer.span_content import Key
from service.writer.span_messages import attach, take_due

INTERVAL_SECONDS = 2.0


class MessageAttacher:
    """The thread of one worker; those of several take different messages."""

    def __init__(self, database: Database, config: Config) -> None:
        self._database = database
        self._max_event_bytes = config.max_event_kb * KILOBYTE
        self._thread = PeriodicThread(
            "messages", self.attach, INTERVAL_SECONDS, expected=DATABASE_ERRORS
        )

    def open(self) -> None:
        """Start the thread."""
        self._thread.open()

    def close(self) -> None:
        """Stop, and wait for the transaction under way."""
        self._thread.close()

    def attach(self) -> int:
        """Attach what is due; return how many spans it was for.

        Each part is a transaction: between them its runs are free for others.
        A run that is locked is waited for once; its spans are due again later.
        """
        with self._database.attaching_messages() as conn:
            parts = deque(take_due(conn))
        attached, held, locked = 0, frozenset[str](), None
        while parts:
            spans = [key for key in parts.popleft() if key[0] not in held]
            try:
                attached += self._attach_part(spans)
            except psycopg.errors.LockNotAvailable as error:
                locked = error
                held |= self._in_the_way(spans, chain(spans, *parts), error)
                parts.appendleft(spans)
        if locked is not None:
            raise locked
        return attached

    def _attach_part(self, spans: list[Key]) -> int:
        if not spans:
            return 0
        with self._database.attaching_messages() as conn:
            return attach(conn, spans, self._max_event_bytes, MAX_DEPTH)

    def _in_the_way(
        self, met: Iterable[Key], left: Iterable[Key], error: psycopg.errors.LockNotAvailable
    ) -> frozenset[str]:
        """The runs, of the spans that are left, which must not be waited for again.

        Those that others hold; all of the part that met a lock where none is found to be held.
        Raises the error where a table is locked, since then no part gets through.
        """
        with self._database.attaching_messages() as conn:
            locks = locks_now(conn, runs_of(left), ())
        if locks.is_table_locked:
            raise error
        held, here = frozenset(locks.runs), runs_of(met)
        return held if held & here else held | here


def runs_of(spans: Iterable[Key]) -> frozenset[str]:
    """The runs of spans."""
    return frozenset(run_id for run_id, _ in spans)
