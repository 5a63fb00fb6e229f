"""The source of an import: NDJSON, gzipped NDJSON, or SQLite, recognized by its first bytes."""

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
    """One event as JSON, its position for error texts, and how far the source was read by then.

    `json` is None for a line that is longer than the limit.
    """

    position: str
    json: bytes | None
    done: int


@dataclass(frozen=True)
class Source:
    """Lines, and their `total` in `unit`s, which the last line's `done` reaches; None: unknown."""

    lines: Iterator[Line]
    total: int | None
    unit: str


@contextmanager
def opened(file: str, max_line_bytes: int) -> Iterator[Source]:
    """Open a file or standard input; raise Failure if it cannot be read, also while iterating."""
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
        raise Failure(f"{file}: the gzip file is truncated or invalid: {error}") from None
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}") from None


def read_stream(stream: BufferedReader, size: int | None, max_line_bytes: int) -> Source:
    """Read the lines of a stream, decompressed; progress counts compressed bytes."""
    magic = stream.peek(len(SQLITE_MAGIC))
    if magic.startswith(SQLITE_MAGIC):
        raise Failure("a SQLite database is read from a file, not from standard input")
    is_gzip = magic.startswith(GZIP_MAGIC)
    text: Readable = gzip.GzipFile(fileobj=stream) if is_gzip else stream
    counted = None if size is None else stream
    return Source(read_lines(text, counted, max_line_bytes), size, "B")


def read_lines(
    text: Readable, counted: BufferedReader | None, max_line_bytes: int
) -> Iterator[Line]:
    """Yield each line that is not empty; the rest of a line that is too long is skipped."""
    number = read = 0
    while line := text.readline(max_line_bytes + 1):
        number += 1
        read += len(line)
        found: bytes | None = line.strip()
        while len(line) > max_line_bytes and not line.endswith(b"\n"):
            found, line = None, text.readline(max_line_bytes + 1)
            read += len(line)
        if found != b"":
            yield Line(f"line {number}", found, counted.tell() if counted else read)
