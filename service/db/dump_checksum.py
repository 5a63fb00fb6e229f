"""The last line of a dump: the SHA-256 of all bytes before it.

pg_dump compresses rows with a checksum, but its table of contents has none: with one bit of it
changed, a view may count otherwise. pg_restore ends before it reads this line. Dumps of pg_dump
itself and of earlier versions have none, and are taken as they are.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import IO

from service.core.failure import Failure

BEGINNING = b"\nSHA-256 of this dump: "
LINE_BYTES = len(BEGINNING) + 64 + 1


def line_of(digest: str) -> bytes:
    """The line with a sum in hexadecimal digits."""
    return BEGINNING + digest.encode() + b"\n"


class Damaged(Failure):
    """A dump whose bytes are not those that were written."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"nothing was restored: {name} is damaged, its checksum differs: take another copy of "
            "it, or another dump"
        )


class Summing:
    """Writes to a file, and at the end the line."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._sum = hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        """Write a part of the dump."""
        self._target.write(chunk)
        self._sum.update(chunk)

    def end(self) -> None:
        """Write the line."""
        self._target.write(line_of(self._sum.hexdigest()))
        self._target.flush()


def checked(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Yield a dump without its last line; raise Damaged at the end if the bytes do not match it."""
    found, held = hashlib.sha256(), b""
    for chunk in chunks:
        held += chunk
        ready, held = held[:-LINE_BYTES], held[-LINE_BYTES:]
        found.update(ready)
        yield ready
    if not held.startswith(BEGINNING):
        yield held
    elif held != line_of(found.hexdigest()):
        raise Damaged(name)
