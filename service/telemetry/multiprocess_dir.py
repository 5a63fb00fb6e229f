"""The directory of the metric files of one service's workers, which are memory-mapped.

gunicorn's master makes and removes it. It is in /dev/shm if possible, because a disk would write
each change out. Imports nothing: see service/core/worker_process.py.
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
    """The directory, made on first use and kept by reloads, which run gunicorn.conf.py again."""

    def __init__(self) -> None:
        self._path: Path | None = None

    @property
    def path(self) -> Path:
        """The path; makes the directory on first use."""
        if self._path is None:
            self._path = self._make()
        return self._path

    def _make(self) -> Path:
        """Make the directory, and remove those of killed services."""
        parent = SHM if has_room(SHM) else Path(tempfile.gettempdir())
        remove_abandoned(parent)
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        # Workers inherit the lock, so the directory is in use until the last one ends. It gets its
        # name under the lock, or another service could take it for abandoned.
        take(path / "new")
        (path / "new").rename(path / LOCK)
        return path

    def remove(self) -> None:
        """Remove the directory."""
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)


def has_room(parent: Path) -> bool:
    """Whether a directory can be made there with room for 20 workers."""
    return os.access(parent, os.W_OK) and shutil.disk_usage(parent).free > ENOUGH_BYTES


def take(file: Path) -> int | None:
    """Create and lock a file; return its descriptor, or None if another process has the lock.

    The lock ends with the process and its forks, however they end.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def remove_abandoned(parent: Path) -> None:
    """Remove the directories of killed services; each takes 800 KB per worker."""
    for path in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another user's, or removed just now
            lock = os.open(path / LOCK, os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(lock)


directory = Directory()
