"""The directory in which the workers of one service keep their figures, in files that are mapped.

gunicorn's master makes it and removes it. It lies in memory where that is possible: on a disk, each
figure that changes would be written out. Imports nothing: see service/core/worker_process.py.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "gati-figures-"
LOCK = "lock"
ENOUGH_BYTES = 16 * 1024 * 1024
SHM = Path("/dev/shm")  # noqa: S108 - a directory of our own is made in it


class Directory:
    """Made when it is first asked for: a reload, which runs gunicorn.conf.py again, keeps it."""

    def __init__(self) -> None:
        self._path: Path | None = None

    @property
    def path(self) -> Path:
        """Where it is, once it is made."""
        if self._path is None:
            self._path = self._make()
        return self._path

    def _make(self) -> Path:
        """Make it, and remove those of services that were killed."""
        parent = SHM if has_room(SHM) else Path(tempfile.gettempdir())
        remove_abandoned(parent)
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        # Workers inherit the lock: until the last of them has ended the directory is in use. It has
        # its name once it is held, or another service could take it for abandoned.
        take(path / "new")
        (path / "new").rename(path / LOCK)
        return path

    def remove(self) -> None:
        """Remove it, when the service ends."""
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)


def has_room(parent: Path) -> bool:
    """Whether a directory may be made there, and hold the figures of 20 workers."""
    return os.access(parent, os.W_OK) and shutil.disk_usage(parent).free > ENOUGH_BYTES


def take(file: Path) -> int | None:
    """Lock a file, made where it is not; return its descriptor, None where another process has it.

    The lock ends with the process, and those that it has forked, however they end.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def remove_abandoned(parent: Path) -> None:
    """Remove the directories of services that have ended without doing so; 800 KB for a worker."""
    for path in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another user's, or removed just now
            lock = os.open(path / LOCK, os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(lock)


directory = Directory()
