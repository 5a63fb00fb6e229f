"""The log of the embedded PostgreSQL, limited in size."""

import os
import shutil
from pathlib import Path
from typing import IO

from service.config import ConfigError

LOG_BYTES = 16 * 1024 * 1024
TAIL_BYTES = 8192


class ServerLog:
    """DATA_DIR/postgresql.log, to which the server appends, and the previous postgresql.log.1.

    PostgreSQL's own collector limits a log by age only, or keeps adding files.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self) -> IO[bytes]:
        """Open the log for a server, in append mode, so that rotate is safe while it writes."""
        try:
            return self._path.open("ab")
        except OSError as error:
            raise ConfigError(f"DATA_DIR={str(self._path.parent)!r}: {error.strerror}") from None

    def rotate(self) -> None:
        """Once the log exceeds LOG_BYTES, copy it to postgresql.log.1 and truncate it.

        Lines written between the two are lost; no code depends on the log.
        """
        try:
            if self._path.stat().st_size > LOG_BYTES:
                shutil.copyfile(self._path, self._path.with_name(self._path.name + ".1"))
                os.truncate(self._path, 0)
        except OSError:
            return  # a full disk must not end the service

    def tail(self, lines: int = 5) -> str:
        """Return the last lines, joined by ` | `."""
        try:
            with self._path.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - TAIL_BYTES))
                text = log.read().decode(errors="replace")
        except OSError:
            return "no log"
        return " | ".join(text.strip().splitlines()[-lines:]) or "no log"
