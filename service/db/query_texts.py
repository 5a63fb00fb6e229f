"""The texts of sql/ that a service runs: gunicorn's master holds them for all of its workers.

An edited file counts from a reload on, if nothing is said against it; a worker that is replaced
in between runs what the others run. Commands hold nothing, and read the files. Imports nothing
that gevent patches: see service/core/worker_process.py.
"""

from collections.abc import Callable
from pathlib import Path

from service.core.shipped import shipped

DIRECTORY = shipped("sql")
NO_QUERIES = ("schema", "optional", "sqlite")
STAYS = "%s; the file's last text stays in use"

Texts = dict[Path, bytes]
Faults = dict[Path, str]


def files(directory: Path = DIRECTORY) -> list[Path]:
    """The files of queries, sorted."""
    found = sorted(directory.glob("*/*.sql"))
    return [path for path in found if path.parent.name not in NO_QUERIES]


def read_all(directory: Path = DIRECTORY) -> Texts:
    """What the files say now."""
    return {path: path.read_bytes() for path in files(directory)}


class HeldTexts:
    """The texts in use; a file that was removed stays in use until the service stops."""

    def __init__(self) -> None:
        self._texts: Texts = {}

    def hold(self) -> None:
        """Hold what the files say, unless texts are held: reloads run gunicorn.conf.py again."""
        self._texts = self._texts or read_all()

    def of(self, directory: Path) -> Texts:
        """The texts held; where none are, or of another directory, what the files say."""
        return (directory == DIRECTORY and self._texts) or read_all(directory)

    def renew(self, check: Callable[[Texts], Faults]) -> list[str]:
        """Take the edited files, but for those that `check` finds faults in; return the faults."""
        edited = {path: text for path, text in read_all().items() if self._texts.get(path) != text}
        faults = check(edited) if edited else {}
        self._texts |= {path: text for path, text in edited.items() if path not in faults}
        return list(faults.values())


held = HeldTexts()
