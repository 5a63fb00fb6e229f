"""The body of a live tail: server-sent events, and heartbeats while there are none.

A stream ends when the client leaves, the service stops, or the key is no longer valid. Transient
errors, such as a restart of PostgreSQL, do not end it, because a browser's EventSource stops for
good at the first 503.
"""

import logging
from collections.abc import Generator, Iterator
from time import monotonic

import orjson
import psycopg

from service.api.streaming.client import EndReason, StreamClient
from service.api.streaming.limiter import StreamSlot
from service.core.cooperative import yield_to_requests
from service.core.worker_process import process
from service.db.database import Database
from service.db.errors import DATABASE_ERRORS, transient_kind
from service.db.queries import Row
from service.resources.tail.pages import Page, find_start, next_page
from service.resources.tail.position import StreamPosition
from service.telemetry.logging import reason

CHECK_SECONDS = 0.5  # between two checks of whether the stream must end
POLL_SECONDS = 2.0  # between two polls for events without a notification
HEARTBEAT_SECONDS = 15.0  # nginx and load balancers close a connection after 60 s of silence
RETRY_MS = 1000  # after which an EventSource reconnects
RESET = b'event: reset\ndata: {"reason":"unknown_position"}\n'

log = logging.getLogger(__name__)


class Stream:
    """One client's events from a position on. The WSGI server calls close(), however it ends."""

    def __init__(
        self, database: Database, agent_name: str | None, slot: StreamSlot, client: StreamClient
    ) -> None:
        self._database = database
        self._agent_name = agent_name
        self._slot = slot
        self._client = client
        self._parts: Generator[bytes] | None = None
        self._ending: EndReason | None = None
        self._sent = monotonic()
        self._has_failed = False

    def begin(self, last: StreamPosition | None) -> None:
        """Find the position to begin at."""
        position, is_reset = find_start(self._database, last)
        self._parts = self._messages(position, is_reset)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        assert self._parts is not None, "it has begun"  # noqa: S101
        try:
            part = next(self._parts)
        except StopIteration:
            raise
        except Exception:
            self._ending = EndReason.FAILED
            raise
        self._sent = monotonic()
        return part

    def close(self) -> None:
        """End the stream and release its slot. Most end because the client left: not logged."""
        if self._parts is not None:
            self._parts.close()
            self._ending = self._ending or self._client.write_end_reason()
            if self._ending is EndReason.STALLED:
                log.warning("tail aborted: the client stalled", extra=self._client.log_fields)
        self._slot.release(self._ending)

    def _messages(self, position: StreamPosition, is_reset: bool) -> Generator[bytes]:
        yield b"retry: %d\n%sid: %s\n\n" % (
            RETRY_MS,
            RESET if is_reset else b"",
            str(position).encode(),
        )
        with self._database.notifications.subscribed():
            sequence = 0
            while self._goes_on():
                page = self._read(position)
                if page.events:
                    yield b"".join(message(*event) for event in page.events)
                elif monotonic() - self._sent >= HEARTBEAT_SECONDS:
                    yield b": alive\nid: %s\n\n" % str(page.end).encode()
                position = page.end
                sequence = self._wait(sequence) if page.is_last else sequence
                yield_to_requests()

    def _read(self, position: StreamPosition) -> Page:
        """The next page; an empty one while the database is unavailable."""
        try:
            page = next_page(self._database, position, self._agent_name)
        except DATABASE_ERRORS as error:
            if isinstance(error, psycopg.Error) and transient_kind(error) is None:
                raise
            if not self._has_failed:
                log.warning("tail: %s", reason(error), extra=self._client.log_fields)
            self._has_failed = True
            return Page([], position, is_last=True)
        self._has_failed = False
        return page

    def _wait(self, sequence: int) -> int:
        """Wait for a notification, the time of the next poll, or the end of the stream."""
        until = monotonic() + POLL_SECONDS
        now = sequence
        while now == sequence and monotonic() < until and self._goes_on():
            now = self._database.notifications.wait(sequence, CHECK_SECONDS)
        return now

    def _goes_on(self) -> bool:
        self._ending = EndReason.STOPPED if process.is_stopping else self._client.end_reason()
        return self._ending is None


def message(position: StreamPosition, event: Row) -> bytes:
    """An event as one message; its JSON has no line breaks."""
    return b"id: %s\ndata: %s\n\n" % (str(position).encode(), orjson.dumps(event))
