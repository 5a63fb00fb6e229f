"""The lock on DATA_DIR: one service at a time uses a directory."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.config import ConfigError
from service.core.failure import Failure

# All that the service ever puts there.
ENTRIES = {"lock", "postgresql", "postgresql.new", "postgresql.log", "postgresql.log.1"}


class Busy(Failure):
    """Another process uses the directory; the text names it."""


@contextmanager
def hold(data_dir: Path, purpose: str) -> Iterator[None]:
    """Hold DATA_DIR/lock, creating the directory if it is missing.

    The kernel releases the lock (flock) with its process, even after kill -9. The file's text
    (`PID PURPOSE`) only names the holder. Raises Busy, or ConfigError if DATA_DIR cannot be used.
    """
    descriptor = open_lock(data_dir)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"{data_dir} is in use by process {holder(descriptor)}") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {purpose}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def open_lock(data_dir: Path) -> int:
    """Open DATA_DIR/lock for the lock; raises ConfigError naming DATA_DIR."""
    try:
        close_directory(data_dir)
        return os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"DATA_DIR={str(data_dir)!r}: {error.strerror}") from None


def close_directory(data_dir: Path) -> None:
    """Make DATA_DIR if it is missing; nobody else may look into it, if it is the service's.

    A directory that holds anything else, such as /tmp or /var/lib, keeps its mode. Where root runs
    the service, PostgreSQL's user must pass through to the cluster, but may not list the directory.
    """
    is_new = not data_dir.exists()
    data_dir.mkdir(parents=True, exist_ok=True)
    found = data_dir.stat()
    if (is_new or is_ours(data_dir, found.st_mode)) and found.st_uid == os.geteuid():
        data_dir.chmod(found.st_mode & (0o711 if os.geteuid() == 0 else 0o700))


def is_ours(data_dir: Path, mode: int) -> bool:
    """Whether the directory holds a cluster, and nothing that the service did not put there."""
    if mode & stat.S_ISVTX:  # of many users, as /tmp
        return False
    entries = set(os.listdir(data_dir))
    return "postgresql" in entries and entries <= ENTRIES


def holder(descriptor: int) -> str:
    """Return the process named in the lock file, such as `4711 (python -m service serve)`."""
    pid, _, purpose = os.pread(descriptor, 200, 0).decode(errors="replace").strip().partition(" ")
    return f"{pid or 'unknown'} (python -m service {purpose})" if purpose else pid or "unknown"
