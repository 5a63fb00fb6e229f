"""What the headers of migrations say: what a rollback loses, and which need the service stopped.

migrations/NAME.sql
    -- safe     yes, or no: stop the service first; why
migrations/NAME.rollback.sql
    -- lost     WORD  TABLE or TABLE.COLUMN, …
    --          what is gone for good with these
    -- again    TABLE or TABLE.COLUMN, … that the migration or the service fills again
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from service.core.failure import Failure
from service.db.schema_version import DIRECTORY, ROLLBACK, known_names

SAFE = re.compile(r"^-- safe +(.*)", re.M)
LOST = re.compile(r"^-- lost +(\S+) +(.+)\n-- +(.+)", re.M)


class Loss(NamedTuple):
    """What no later migration restores: a word for it, and the tables and columns that have it."""

    word: str
    targets: tuple[str, ...]
    text: str


def rollback_text(name: str) -> str:
    """The rollback file of a migration; raises Failure if it is missing."""
    file = DIRECTORY / (name + ROLLBACK)
    if not file.is_file():
        raise Failure(f"{file.name} is missing: nothing was rolled back")
    return file.read_text()


def losses_of(names: Iterable[str]) -> list[Loss]:
    """What the rollbacks of these migrations lose, in their order."""
    found = [match for name in names for match in LOST.findall(rollback_text(name))]
    return [Loss(word, tuple(targets.split(", ")), text) for word, targets, text in found]


def loss_words() -> list[str]:
    """The word of every loss, the oldest migration's first."""
    return [loss.word for loss in losses_of(sorted(known_names()))]


def why_unsafe(name: str) -> str | None:
    """Why the migration must not run beside older code; None where its header says that it may."""
    said = SAFE.search((DIRECTORY / f"{name}.sql").read_text())
    if said is None:
        return "its header does not say that it is safe"
    return None if re.match(r"yes\b", said[1]) else said[1].removeprefix("no: ")
