"""Lets messages of log records become the content of their spans' events, every few seconds."""

import psycopg

from service.config import KILOBYTE, Config
from service.core.periodic_thread import PeriodicThread
from service.db.database import Database
from service.db.errors import DATABASE_ERRORS
from service.ingest.json.event import MAX_DEPTH
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

        Each part is a transaction: between them its runs, and the connection, are free for others.
        A run that is locked holds up its part alone, which is due again later.
        """
        with self._database.keeping_messages() as conn:
            parts = take_due(conn)
        attached, locked = 0, None
        for spans in parts:
            try:
                attached += self._attach_part(spans)
            except psycopg.errors.LockNotAvailable as error:
                locked = error
        if locked is not None:
            raise locked
        return attached

    def _attach_part(self, spans: list[Key]) -> int:
        with self._database.keeping_messages() as conn:
            return attach(conn, spans, self._max_event_bytes, MAX_DEPTH)
