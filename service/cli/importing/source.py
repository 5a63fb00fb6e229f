"""What an import reads, told by its first bytes: NDJSON, the same packed by gzip, or SQLite."""

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from service.cli.importing import gati_sqlite
from service.core.failure import Failure

STANDARD_INPUT = "-"
GZIP_MAGIC = b"\x1f\x8b"
SQLITE_MAGIC = b"SQLite format 3\0"

Readable = BufferedReader | gzip.GzipFile


@dataclass(frozen=True)
class Line:
    """One event as JSON, where it stands, and how far the source was read by then.

    `json` is None for a line that is longer than is read.
    """

    place: str
    json: bytes | None
    done: int


@dataclass(frozen=True)
class Source:
    """Lines, and the `total` that `done` of the last one comes to, in `unit`s; None: unknown."""

    lines: Iterator[Line]
    total: int | None
    unit: str


@contextmanager
def opened(file: str, max_line_bytes: int) -> Iterator[Source]:
    """Open a file, or standard input; raises Failure for what cannot be read, also later."""
    try:
        if file == STANDARD_INPUT:
            with open(sys.stdin.fileno(), "rb", closefd=False) as stream:
                yield read_stream(stream, None, max_line_bytes)
            return
        path = Path(file)
        with path.open("rb") as stream:
            if stream.peek(len(SQLITE_MAGIC)).startswith(SQLITE_MAGIC):
                with gati_sqlite.opened(path) as database:
                    lines = (Line(f"event {n}", text, n) for n, text in database.events())
                    yield Source(lines, database.count(), "events")
            else:
                yield read_stream(stream, path.stat().st_size, max_line_bytes)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Failure(f"{file}: the gzip ends too soon, or is none: {error}") from None
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}") from None


def read_stream(stream: BufferedReader, size: int | None, max_line_bytes: int) -> Source:
    """Lines of a stream, unpacked where it is packed; progress is that in what is packed."""
    magic = stream.peek(len(SQLITE_MAGIC))
    if magic.startswith(SQLITE_MAGIC):
        raise Failure("a SQLite database is read from a file, not from standard input")
    is_packed = magic.startswith(GZIP_MAGIC)
    text: Readable = gzip.GzipFile(fileobj=stream) if is_packed else stream
    is_told = size is not None
    return Source(read_lines(text, stream if is_told else None, max_line_bytes), size, "B")


def read_lines(
    text: Readable, counted: BufferedReader | None, max_line_bytes: int
) -> Iterator[Line]:
    """Each line that is not empty; of one that is too long, the rest is passed over."""
    number = came = 0
    while line := text.readline(max_line_bytes + 1):
        number += 1
        came += len(line)
        found: bytes | None = line.strip()
        while len(line) > max_line_bytes and not line.endswith(b"\n"):
            found, line = None, text.readline(max_line_bytes + 1)
            came += len(line)
        if found != b"":
            yield Line(f"line {number}", found, counted.tell() if counted else came)
