"""What events wish for their run, its name or environment, and when: the earliest wish counts.

The wish of an agent_start without a parent for the name of its run counts before those of all
other events, so its time is stored as one before theirs. Such an event is a root whatever else
comes, so the order in which events come does not matter.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from service.ingest.rows import AGENT_START, EventRow

Wish = tuple[datetime, str]

BEFORE_OTHERS = timedelta(days=365_000)  # no event happened so early


def wish(at: datetime | None, value: str | None) -> Wish | None:
    """A value with the time of its event, for comparison; equal times compare by value."""
    return None if at is None or value is None else (at, value)


def earliest_name(rows: Iterable[EventRow]) -> Wish | None:
    """The wish for a name that counts; equal times compare by the name."""
    return min(((time_of(row), row.run_name) for row in rows if row.run_name), default=None)


def time_of(row: EventRow) -> datetime:
    """When an event wishes for a name."""
    is_root = row.event_type == AGENT_START and row.parent_event_id is None
    return row.timestamp - BEFORE_OTHERS if is_root else row.timestamp


def is_of(named: Wish, at: datetime) -> bool:
    """Whether a wish for a name is of an event at this time."""
    return named[0] in (at, at - BEFORE_OTHERS)


def earlier(one: Wish | None, other: Wish | None) -> Wish | None:
    """The earlier of two optional values with times."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
