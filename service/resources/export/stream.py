"""Streaming an export; a client can always tell an incomplete export.

An error before the first part is an ordinary error response. Later, the status is sent already, so
the connection is closed without the last chunk, and no client takes the export for complete. The
stream also ends if its key is revoked or its client has left; each page checks both. The log has a
line for each aborted export, with the reason and the bytes sent.
"""

import errno
import logging
import zlib
from collections.abc import Iterator
from time import monotonic

import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests

from service.api.decompression import GZIP
from service.api.streaming.client import EndReason, StreamClient
from service.api.streaming.limiter import StreamSlot
from service.core.cooperative import yield_to_requests
from service.telemetry.logging import reason

PASSING = (psycopg.Error, PoolTimeout, TooManyRequests)
LEVEL = 1  # of gzip: 6 takes three times as long for a tenth less
WHY = {
    EndReason.LEFT: "the client left",
    EndReason.STALLED: "the client stalled",
    EndReason.REVOKED: "the key is no longer valid",
    EndReason.STOPPED: "the service stops",
}

log = logging.getLogger(__name__)


class Aborted(ConnectionError):
    """The stream is aborted. On this errno gunicorn closes the connection without a log line."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "the export was aborted")


class Stream:
    """The iterable body of a response. The WSGI server calls `close`, however it ends."""

    def __init__(
        self, parts: Iterator[bytes], slot: StreamSlot, client: StreamClient, packed: bool
    ) -> None:
        self._parts = packing(parts) if packed else parts
        self._slot = slot
        self._client = client
        self._first: bytes | None = None
        self._bytes = 0
        self._began = monotonic()
        self._ending: EndReason | None = None

    def begin(self) -> None:
        """Make the first part, within about 10 s; on an error, close the source and raise it."""
        try:
            self._first = next(part for part in self._parts if part)
        except BaseException:
            self._parts.close()  # type: ignore[attr-defined]  # a generator
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        first, self._first = self._first, None
        part = first or self._next()
        self._bytes += len(part)
        return part

    def _next(self) -> bytes:
        """The next non-empty part."""
        part = b""
        while not part:
            yield_to_requests()
            try:
                part = next(self._parts)
            except StopIteration:
                self._ending = EndReason.COMPLETE
                raise
            except PASSING as error:
                self._give_up(EndReason.FAILED, reason(error))
                raise Aborted from None
            except Exception as error:
                self._give_up(EndReason.FAILED, type(error).__name__)
                raise
            ending = self._client.end_reason()
            if ending is not None:
                self._give_up(ending, WHY[ending])
                raise Aborted
        return part

    def _give_up(self, ending: EndReason, why: str) -> None:
        self._ending = ending
        about = {
            **self._client.log_fields,
            "bytes": self._bytes,
            "seconds": round(monotonic() - self._began, 1),
        }
        log.warning("export aborted: %s", why, extra=about)

    def close(self) -> None:
        """Close the source of the rows, and release the slot."""
        if self._ending is None:
            ending = self._client.write_end_reason()
            self._give_up(ending, WHY[ending])
        self._parts.close()  # type: ignore[attr-defined]  # a generator
        self._slot.release(self._ending)


def packing(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The parts as one gzip stream, flushed after each; an aborted one lacks the trailer."""
    packer = zlib.compressobj(LEVEL, wbits=GZIP)
    for part in parts:
        yield packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH) if part else b""
    yield packer.flush()
