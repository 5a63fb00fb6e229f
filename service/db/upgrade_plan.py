"""The plan of `migrate up`: it finds what must not be applied beside the processes that run."""

from typing import NamedTuple

from service.db.migrate import reach
from service.db.migration_headers import why_unsafe
from service.db.schema_version import applied_names, known_names
from service.db.sessions_in_use import sessions_in_use


class UnsafeUpgrade(NamedTuple):
    """The lacking migrations that older code does not survive, each with why; who is connected."""

    reasons: dict[str, str]
    sessions: str


def plan_up(url: str) -> UnsafeUpgrade | None:
    """What `up` would break; None where it breaks nothing.

    Nothing of an older version can run on a database that was never migrated.
    """
    with reach(url) as conn:
        applied = applied_names(conn)
        lacking = sorted(known_names() - set(applied))
        reasons = {name: why for name in lacking if (why := why_unsafe(name)) is not None}
        sessions = sessions_in_use(conn) if applied and reasons else ""
    return UnsafeUpgrade(reasons, sessions) if sessions else None
