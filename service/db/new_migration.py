"""The two files of a new migration, with their headers."""

import re
from pathlib import Path

from service.core.failure import Failure
from service.db.schema_version import DIRECTORY, ROLLBACK

FORWARD_HEADER = """\
-- {name}: what it does.
--
-- locks    what, and for how long
-- safe     yes or no, while the old code runs: and why

SET LOCAL lock_timeout = '2s';

"""
ROLLBACK_HEADER = """\
-- {name}, backwards: the exact mirror.
--
-- locks    what, and for how long
-- loses    which data
-- lost     WORD  TABLE or TABLE.COLUMN, … that nothing fills again
--          what this is
-- again    TABLE or TABLE.COLUMN, … that the migration fills again

SET LOCAL lock_timeout = '2s';

"""


def new(name: str, directory: Path = DIRECTORY) -> tuple[Path, Path]:
    """Write the two files of the next migration, with their headers; return their paths.

    Raises Failure for a name that is not words in lower case, such as `create-agent-totals`.
    """
    slug = "-".join(name.split())
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
        raise Failure(f"{name!r}: expected words in lower case, such as create-agent-totals")
    numbers = [
        int(match[0]) for path in directory.iterdir() if (match := re.match(r"\d+", path.name))
    ]
    title = f"{max(numbers, default=0) + 1:04}.{slug}"
    forward, back = directory / f"{title}.sql", directory / (title + ROLLBACK)
    forward.write_text(FORWARD_HEADER.format(name=title))
    back.write_text(ROLLBACK_HEADER.format(name=title))
    return forward, back
