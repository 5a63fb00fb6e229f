"""The body of a live tail: server-sent events, and a sign of life while there are none.

It ends when the client is gone, the service stops, or the key is no longer one that may read. What
passes, such as PostgreSQL starting anew, does not end it: a browser's EventSource would give up for
good at the first 503.
"""

import logging
from collections.abc import Generator, Iterator
from time import monotonic

import orjson
import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests

from service.api.errors import find_passing
from service.api.streaming.client import EndReason, StreamClient
from service.api.streaming.slots import StreamSlot
from service.core.cooperative import yield_to_requests
from service.core.worker_process import process
from service.db.database import Database
from service.db.queries import Row
from service.resources.tail.pages import Page, find_beginning, next_page
from service.resources.tail.position import StreamPosition
from service.telemetry.logging import reason

LOOK_SECONDS = 0.5  # between two looks at whether it is to end
POLL_SECONDS = 2.0  # between two looks for events, where no bell rings
HEARTBEAT_SECONDS = 15.0  # nginx and load balancers give up after 60 s of silence
RETRY_MS = 1000  # after which an EventSource connects again
RESET = b'event: reset\ndata: {"reason":"unknown_position"}\n'

log = logging.getLogger(__name__)


class Stream:
    """One client's events, from a place on. Whoever serves it closes it, however it ends."""

    def __init__(
        self, database: Database, agent_name: str | None, slot: StreamSlot, reader: StreamClient
    ) -> None:
        self._database = database
        self._agent_name = agent_name
        self._slot = slot
        self._reader = reader
        self._parts: Generator[bytes] | None = None
        self._ending: EndReason | None = None
        self._sent = monotonic()
        self._is_troubled = False

    def begin(self, last: StreamPosition | None) -> None:
        """Find where to begin; raises what goes wrong with it, and is closed then."""
        try:
            place, is_reset = find_beginning(self._database, last)
        except BaseException:
            self.close()
            raise
        self._parts = self._messages(place, is_reset)

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
        """End it, and give its place back. Most end when their client leaves: not for the log."""
        if self._parts is not None:
            self._parts.close()
            self._ending = self._ending or self._reader.write_end_reason()
            if self._ending is EndReason.STALLED:
                log.warning("tail given up: its client takes nothing", extra=self._reader.about)
        self._slot.release(self._ending)

    def _messages(self, place: StreamPosition, is_reset: bool) -> Generator[bytes]:
        yield b"retry: %d\n%sid: %s\n\n" % (
            RETRY_MS,
            RESET if is_reset else b"",
            str(place).encode(),
        )
        with self._database.notifications.subscribed():
            rung = 0
            while self._goes_on():
                page = self._read(place)
                if page.events:
                    yield b"".join(message(*event) for event in page.events)
                elif monotonic() - self._sent >= HEARTBEAT_SECONDS:
                    yield b": alive\nid: %s\n\n" % str(page.behind).encode()
                place = page.behind
                rung = self._wait(rung) if page.is_last else rung
                yield_to_requests()

    def _read(self, place: StreamPosition) -> Page:
        """The next page; an empty one while the database is away."""
        try:
            page = next_page(self._database, place, self._agent_name)
        except (psycopg.Error, PoolTimeout, TooManyRequests) as error:
            if isinstance(error, psycopg.Error) and find_passing(error) is None:
                raise
            if not self._is_troubled:
                log.warning("tail: %s", reason(error), extra=self._reader.about)
            self._is_troubled = True
            return Page([], place, is_last=True)
        self._is_troubled = False
        return page

    def _wait(self, rung: int) -> int:
        """Wait for the bell, for the time of the next look, or for the end."""
        until = monotonic() + POLL_SECONDS
        now = rung
        while now == rung and monotonic() < until and self._goes_on():
            now = self._database.notifications.wait(rung, LOOK_SECONDS)
        return now

    def _goes_on(self) -> bool:
        self._ending = EndReason.STOPPED if process.is_stopping else self._reader.ending()
        return self._ending is None


def message(place: StreamPosition, event: Row) -> bytes:
    """An event as one message; JSON has no line breaks."""
    return b"id: %s\ndata: %s\n\n" % (str(place).encode(), orjson.dumps(event))
