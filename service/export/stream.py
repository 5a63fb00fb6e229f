"""An export on its way to a client, part by part; never cut short without a sign.

What goes wrong before the first part is an error like any other. Later the status is sent already:
then the connection is closed before the last chunk, so that no client takes what it has for whole.
So it is once its key no longer holds: asked before each part, of which there are many a second.
"""

import errno
import logging
import zlib
from collections.abc import Callable, Iterator

import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests

from service.body import GZIP
from service.greenlets import let_requests_in
from service.log import reason
from service.slots import Slot

PASSING = (psycopg.Error, PoolTimeout, TooManyRequests)
LEVEL = 1  # of gzip: 6 takes three times as long for a tenth less

log = logging.getLogger(__name__)


class Aborted(ConnectionError):
    """The rest cannot be read. By its errno gunicorn closes the connection without a word."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "the export was aborted")


class Stream:
    """The body of an answer. Whoever serves it closes it, however it ends."""

    def __init__(
        self,
        parts: Iterator[bytes],
        slot: Slot,
        may_go_on: Callable[[], bool],
        request_id: str,
        packed: bool,
    ) -> None:
        self._parts = packing(parts) if packed else parts
        self._slot = slot
        self._may_go_on = may_go_on
        self._request_id = request_id
        self._first: bytes | None = None

    def begin(self) -> None:
        """Make the first part; raises what goes wrong with it, and is closed then."""
        try:
            self._first = next(self._parts, b"")
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        first, self._first = self._first, None
        if first:
            return first
        let_requests_in()
        try:
            part = next(part for part in self._parts if part)
        except PASSING as error:
            raise self._aborted(reason(error)) from None
        if not self._may_go_on():
            raise self._aborted("its key no longer holds")
        return part

    def _aborted(self, why: str) -> Aborted:
        log.warning("export: %s", why, extra={"request_id": self._request_id})
        return Aborted()

    def close(self) -> None:
        """End it: what it reads from, and its place among the exports."""
        self._parts.close()  # type: ignore[attr-defined]  # a generator
        self._slot.give_back()


def packing(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The parts as one gzip stream; cut short, it lacks its end."""
    packer = zlib.compressobj(LEVEL, wbits=GZIP)
    for part in parts:
        yield packer.compress(part)
    yield packer.flush()
