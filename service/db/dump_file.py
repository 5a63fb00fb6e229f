"""Where a dump goes: a file that appears when it is whole, a pipe or device, or standard output."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from service.core.failure import Failure

PIPE = "-"  # in place of a file: standard input or output


def replaced(file: str) -> str | None:
    """Name the file, or the disk, whose contents a dump to `file` would replace.

    Through a symbolic link it is the one that the link leads to. A pipe and a terminal have no
    contents. Raises Failure if nobody can tell.
    """
    if is_standard_output(file):
        return None
    mode = mode_of(file)
    has_contents = mode is not None and (stat.S_ISREG(mode) or stat.S_ISBLK(mode))
    if not has_contents:
        return None
    return os.path.realpath(file) if os.path.islink(file) else file


@contextmanager
def writing(file: str) -> Iterator[IO[bytes]]:
    """Open `file` for a dump; a regular file gets its contents at the end, or keeps what it has.

    Raises Failure if it cannot be written.
    """
    if is_standard_output(file):
        yield sys.stdout.buffer
        return
    mode = mode_of(file)
    try:
        if mode is None or stat.S_ISREG(mode):
            with beside(Path(os.path.realpath(file))) as target:
                yield target
        else:
            with open(os.open(file, os.O_WRONLY), "wb") as target:
                yield target
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}") from None


@contextmanager
def beside(path: Path) -> Iterator[IO[bytes]]:
    """Open another file in the same directory, which becomes `path` once it is complete."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        # Readable by this user only, because traces hold prompts and outputs.
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as target:
            yield target
            os.fsync(target.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def mode_of(file: str) -> int | None:
    """The kind of a file, through links; None if there is none. Raises Failure."""
    try:
        return os.stat(file).st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}") from None


def is_standard_output(file: str) -> bool:
    """Whether a dump to `file` goes to standard output: as -, or as /dev/stdout."""
    try:
        return file == PIPE or os.path.samestat(os.stat(file), os.fstat(1))
    except OSError:
        return False
