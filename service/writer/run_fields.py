"""The fields of a run that its events give: session, user, tags, version, first error.

Of each, the value of the root wins, else that of the earliest event that has one; of errors always
the earliest. A run keeps which event each is from, so the order in which events arrive does not
matter. When a run's root changes to another event and a field was the old root's, or what a field
is from no longer has it, all are found again among its stored events, but in a run of more than
MOST_EVENTS, in those for which a transaction has no MOST_EVENTS_IN_ALL left, the smallest first,
and in those with more than their share of MOST_DATA_IN_ALL: there the order may matter.
sql/schema/run_fields.sql says the same of the events that are stored.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

import orjson

from service.ingest.rows import EventRow
from service.ingest.run_fields import FIRST_ERROR
from service.writer.reading_budget import MEGABYTE

MOST_EVENTS = 1_000  # each is read as a whole; sql/verify/agent_runs.sql has the same number
MOST_EVENTS_IN_ALL = 5_000  # of all runs of a transaction: 0.4 s where each has 50 tags
MOST_DATA_IN_ALL = 8 * MEGABYTE  # of their data, which are read four times: 2 s at most
ROOT, OTHER = 0, 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PLACE_IN_TIME = attrgetter("timestamp", "tie", "event_id")


class Found(NamedTuple):
    """A field's value, and the rank of its event: root or not, microseconds, tie, id."""

    source: list[Any]  # the lowest wins
    value: Any


Fields = dict[str, Found]
NO_FIELDS: Fields = {}  # of nearly every run that is held; never changed


def find_fields(rows: Iterable[EventRow], root_id: str | None) -> Fields:
    """The fields that these rows give their run."""
    saying = [row for row in rows if row.run_fields is not None]
    if not saying:
        return NO_FIELDS
    found: Fields = {}
    saying.sort(key=PLACE_IN_TIME)
    for row in saying:
        is_root, fields = row.event_id == root_id, row.run_fields or {}
        if not is_root and fields.keys() <= found.keys():  # as nearly always after the first one
            continue
        source = source_of(row)
        for name, value in fields.items():
            if is_root and name != FIRST_ERROR:
                found[name] = Found([ROOT, *source], value)
            elif name not in found:
                found[name] = Found([OTHER, *source], value)
    return found


def source_of(row: EventRow) -> list[Any]:
    """The place of an event in time, in the order of the columns of run_fields.sql."""
    return [(row.timestamp - EPOCH) // MICROSECOND, row.tie, row.event_id]


def earlier_fields(found: Fields, stored_sources: str | None) -> Fields:
    """Those of the found fields whose events win over what the run has, or are the same."""
    if not found or not stored_sources:
        return found
    stored = orjson.loads(stored_sources)
    return {
        name: field
        for name, field in found.items()
        if name not in stored or field.source <= stored[name]
    }


def has_fields_of_root(stored_sources: str | None) -> bool:
    """Whether a field of a run is from its root."""
    return bool(stored_sources) and any(
        source[0] == ROOT for source in orjson.loads(stored_sources or "{}").values()
    )


def lose_fields(ended: Iterable[EventRow], stored_sources: str | None) -> bool:
    """Whether a field is from the open version of a span, and not in the ended one."""
    if not stored_sources:
        return False
    fields = {row.event_id: row.run_fields or {} for row in ended}
    stored = orjson.loads(stored_sources)
    return any(name not in fields.get(source[-1], (name,)) for name, source in stored.items())


def as_json(fields: Fields) -> str | None:
    """Fields as runs/add and runs/settle take them; None for none."""
    if not fields:
        return None
    values = {name: field.value for name, field in fields.items()}
    sources = {name: field.source for name, field in fields.items()}
    return orjson.dumps({**values, "sources": sources}).decode()
