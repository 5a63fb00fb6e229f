"""An export on its way to a client, part by part; never cut short without a sign.

What goes wrong before the first part is an error like any other. Later the status is sent already:
then the connection is closed before the last chunk, so that no client takes what it has for whole.
So it is once its key no longer holds, or its client has left: asked at each page, of which
there are many a second. A line in the log says of each that was given up why, and how far it was.
"""

import errno
import logging
import zlib
from collections.abc import Iterator
from time import monotonic

import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests

from service.api.body import GZIP
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
    """The rest does not come. By its errno gunicorn closes the connection without a word."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "the export was aborted")


class Stream:
    """The body of an answer. Whoever serves it closes it, however it ends."""

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
        self._has_begun = False

    def begin(self) -> None:
        """Make the first part, in some 10 s; raises what goes wrong with it, and is closed then."""
        try:
            self._first = next(part for part in self._parts if part)
            self._has_begun = True
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        first, self._first = self._first, None
        part = first or self._next()
        self._bytes += len(part)
        return part

    def _next(self) -> bytes:
        """The next part that is not empty."""
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
        """End it: what it reads from, and its place among the exports."""
        if self._has_begun and self._ending is None:
            ending = self._client.write_end_reason()
            self._give_up(ending, WHY[ending])
        self._parts.close()  # type: ignore[attr-defined]  # a generator
        self._slot.release(self._ending)


def packing(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The parts as one gzip stream, each as it comes; cut short, it lacks its end."""
    packer = zlib.compressobj(LEVEL, wbits=GZIP)
    for part in parts:
        yield packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH) if part else b""
    yield packer.flush()
