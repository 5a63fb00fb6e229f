"""The disk of the embedded server's data: how much of it is free, and when it counts as full.

PostgreSQL panics when it cannot write its log (WAL), and cannot start again before there is room.
So ingest is refused earlier, and what is left serves folds, deletes and checkpoints.
"""

import os
from pathlib import Path

# The supervisor tells its workers by this variable where the data lies. It is no setting.
VARIABLE = "GATI_EMBEDDED_CLUSTER"
# The largest batches of two workers, in the log and in the tables.
RESERVED_BYTES = 256 * 1024 * 1024
STORAGE_FULL = (
    "The disk of the database is nearly full. Free space on it or make it larger: "
    "python -m service retention drops old weeks."
)


class Storage:
    """The file system that a cluster lies on; without a path that of another server, not known."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path

    @classmethod
    def from_environment(cls) -> "Storage":
        """The storage of the server that the supervisor runs, if it runs one."""
        path = os.environ.get(VARIABLE)
        return cls(Path(path) if path else None)

    @property
    def free_bytes(self) -> int | None:
        """What PostgreSQL's user may still write; None if that is not known. It takes 2 µs."""
        if self.path is None:
            return None
        try:
            found = os.statvfs(self.path)
        except OSError:
            return None
        return found.f_bavail * found.f_frsize

    @property
    def is_full(self) -> bool:
        """Whether less than RESERVED_BYTES are free."""
        free = self.free_bytes
        return free is not None and free < RESERVED_BYTES
