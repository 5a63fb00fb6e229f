"""The log of the embedded PostgreSQL, limited in size."""

import os
import re
import shutil
from pathlib import Path
from typing import IO

from service.config import ConfigError

LOG_BYTES = 16 * 1024 * 1024
TAIL_BYTES = 8192
PRIVATE = 0o600  # slow statements and errors, though without values, are nobody else's business
SEVERE = re.compile(r"\b(PANIC|FATAL):  .*").search


class ServerLog:
    """DATA_DIR/postgresql.log, to which the server appends, and the previous postgresql.log.1.

    PostgreSQL's own collector limits a log by age only, or keeps adding files.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._started_at = 0  # bytes before the start of the server that runs

    def open(self) -> IO[bytes]:
        """Open the log for a server, in append mode, so that rotate is safe while it writes.

        Its mode is 0600 whatever the umask, also that of a log of an earlier version.
        """
        try:
            self._path.touch(PRIVATE)
            self._path.chmod(PRIVATE)
            log = self._path.open("ab")
        except OSError as error:
            raise ConfigError(f"DATA_DIR={str(self._path.parent)!r}: {error.strerror}") from None
        self._started_at = log.tell()
        return log

    def rotate(self) -> None:
        """Once the log exceeds LOG_BYTES, copy it to postgresql.log.1 and truncate it.

        Lines written between the two are lost; no code depends on the log.
        """
        try:
            if self._path.stat().st_size > LOG_BYTES:
                self._copy(self._path.with_name(self._path.name + ".1"))
                os.truncate(self._path, 0)
                self._started_at = 0
        except OSError:
            return  # a full disk must not end the service

    def tail(self, lines: int = 5) -> str:
        """Return the last lines, joined by ` | `."""
        return " | ".join(self._last_lines()[-lines:]) or "no log"

    def last_fatal(self) -> str:
        """Return the first PANIC, else the first FATAL, of the last lines of this server; or empty.

        The first is the cause: the server's other processes end with a FATAL of their own.
        """
        found = [match for line in self._last_lines(self._started_at) if (match := SEVERE(line))]
        found.sort(key=lambda match: match[1] != "PANIC")
        return found[0][0] if found else ""

    def _last_lines(self, first_byte: int = 0) -> list[str]:
        """The lines of the last TAIL_BYTES from `first_byte` on; none without a log."""
        try:
            with self._path.open("rb") as log:
                log.seek(max(first_byte, log.seek(0, os.SEEK_END) - TAIL_BYTES))
                return log.read().decode(errors="replace").strip().splitlines()
        except OSError:
            return []

    def _copy(self, target: Path) -> None:
        target.touch(PRIVATE)
        target.chmod(PRIVATE)
        shutil.copyfile(self._path, target)
