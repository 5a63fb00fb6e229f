"""WriterState: why a worker's writer could not store events, for /health and /metrics."""

import time

import psycopg

from service.db.errors import transient_kind
from service.telemetry import metrics

RECENT_SECONDS = 60.0  # an older failure tells nothing of the present
OTHER = "other"  # such as a privilege that is lacking
OF_THE_DATA = ("22", "23")  # SQLSTATE classes: the events are wrong, the writer is well


class WriterState:
    """The last failure of a writer, until it succeeds or until the failure is old."""

    def __init__(self) -> None:
        self._failure: str | None = None
        self._failed_at = 0.0
        self._was_connecting = False

    @property
    def failure(self) -> str | None:
        """The kind of the last failure; None when the writer is well."""
        is_recent = time.monotonic() < self._failed_at + RECENT_SECONDS
        return self._failure if is_recent else None

    def note_failure(self, error: psycopg.Error, connecting: bool = False) -> None:
        """Remember a failed transaction, or a failed attempt to connect."""
        if (error.sqlstate or "")[:2] in OF_THE_DATA:
            return
        self._failure = str(transient_kind(error) or OTHER)
        self._failed_at = time.monotonic()
        self._was_connecting = connecting
        metrics.TRANSACTION_FAILURES.labels(self._failure).inc()

    def note_connected(self) -> None:
        """Forget a failed attempt to connect."""
        if self._was_connecting:
            self.note_success()

    def note_success(self) -> None:
        """Forget the failure: a transaction has committed."""
        self._failure, self._was_connecting = None, False
