"""Where a dump goes: a file that appears when it is whole, a pipe or device, or standard output."""

import errno
import fcntl
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from service.core.failure import Failure

PIPE = "-"  # in place of a file: standard input or output
NO_SYNC = {errno.EINVAL, errno.EBADF, errno.EACCES}  # of a directory, on some file systems


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


def remove_abandoned(file: str) -> list[str]:
    """Remove what earlier dumps to `file` left unfinished because they were killed; name it.

    A dump holds a lock (flock) on what it writes, which the kernel releases with its process.
    """
    if is_standard_output(file):
        return []
    path = Path(os.path.realpath(file))
    name = re.compile(rf"\.{re.escape(path.name)}\.[0-9]+\.unfinished")
    try:
        found = [
            path.with_name(entry) for entry in os.listdir(path.parent) if name.fullmatch(entry)
        ]
    except OSError:  # the dump will say what is wrong with the directory
        return []
    return [str(unfinished) for unfinished in sorted(found) if remove_unlocked(unfinished)]


def remove_unlocked(unfinished: Path) -> bool:
    """Remove a file unless a process has the lock on it; whether it is removed."""
    try:
        with unfinished.open("r+b") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unfinished.unlink()
    except OSError:
        return False
    return True


@contextmanager
def beside(path: Path) -> Iterator[IO[bytes]]:
    """Open another file in the same directory, which becomes `path` once it is complete."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    # Readable by this user only, because traces hold prompts and outputs.
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb") as target:
            with suppress(OSError):  # a file system without locks: there, what is left stays
                fcntl.flock(target, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield target
            target.flush()
            os.fsync(target.fileno())
            unfinished.replace(path)
        sync_names(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def sync_names(directory: Path) -> None:
    """Bring the names of a directory to the disk, where its file system does that."""
    try:
        names = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(names)
        finally:
            os.close(names)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise


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
