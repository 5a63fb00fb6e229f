"""The directory of the server's Unix socket, whose path has a length limit."""

import os
import socket
import sys
import tempfile
from pathlib import Path

from service.postgres.account import Account

PORT = 5432
# The kernel's limit for the path of a socket, without the final zero byte.
SOCKET_PATH_BYTES = 107 if sys.platform == "linux" else 103


def choose_socket_dir(cluster: Path, account: Account, previous: Path | None) -> Path:
    """Return the cluster, or a private directory with a short path if its path is too long."""
    if fits(cluster):
        return cluster
    if previous and is_private(previous, account):
        return previous
    created = Path(tempfile.mkdtemp(prefix="gati-", dir=short_temp_dir()))
    if account.switch:
        os.chown(created, account.uid, account.gid)
    return created


def fits(directory: Path) -> bool:
    """Whether libpq accepts the directory as a host: short enough, and without a comma."""
    path = os.fsencode(directory / f".s.PGSQL.{PORT}")
    return len(path) <= SOCKET_PATH_BYTES and b"," not in path


def short_temp_dir() -> str:
    """Return the system's directory for temporary files, or /tmp if TMPDIR is too long."""
    default = tempfile.gettempdir()
    return default if fits(Path(default) / "gati-12345678") else "/tmp"  # noqa: S108 - for mkdtemp


def is_private(directory: Path, account: Account) -> bool:
    """Whether the path is a directory, not a link, that only the account can enter."""
    try:
        found = os.lstat(directory)
    except OSError:
        return False
    return found.st_mode == 0o40700 and found.st_uid == account.uid


def is_listening(socket_dir: Path) -> bool:
    """Whether a process accepts connections on the server's socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(socket_dir / f".s.PGSQL.{PORT}"))
        except OSError:
            return False
        return True
