"""The outcome of runs: how their roots ended, whatever the order in which their events arrive.

An agent_end is inner if the event or the parent that it names is an agent_start of the run other
than the root. An inner end neither ends nor fails the run. The end may arrive before that start, so
a run keeps the named events that it does not hold yet: `pending_ends`.
sql/schema/run_facts.sql says the same of the events that are stored.

In a run of more than HUGE_RUN_EVENTS events an end that was counted stays counted: there the order
matters, because an event of any size would make all of them be read again. So it does in runs for
which a transaction has no MOST_EVENTS_IN_ALL left; the smallest come first.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from typing import NamedTuple

from service.db.queries import Connection, queries
from service.ingest.rows import EventRow
from service.writer.reading_budget import ReadingBudget
from service.writer.run_changes import Change, Rows, Runs, Types
from service.writer.run_owner import RunState, named_by
from service.writer.waiting_events import arrived, changed_list, ids_of

AGENT_START, AGENT_END = "agent_start", "agent_end"
ACTIVE, COMPLETED, FAILED = "active", "completed", "failed"
HUGE_RUN_EVENTS = 20_000  # 20 ms to read again; sql/verify/agent_runs.sql has the same number
MOST_EVENTS_IN_ALL = 200_000  # of all runs of a transaction: 0.3 s
MOST_PENDING = 1_000  # usually none: an end names what was sent before


class Outcome(NamedTuple):
    """The status of a run, and its named events that it does not hold yet, where they change."""

    status: str
    pending_ends: str | None  # an array, sorted


class End(NamedTuple):
    """An agent_end: the events that it names, and whether it failed."""

    named: Collection[str]
    is_error: bool


def find_outcomes(
    conn: Connection,
    held: Runs,
    rows: Rows,
    types: Types,
    changes: Iterable[Change],
    *,
    is_shared: bool,
) -> dict[str, Outcome]:
    """The outcome of each run with new rows. The runs are locked, and the rows stored."""
    now = held | {state.run_id: state for _, state in changes}
    found = {
        run_id: find_outcome(held[run_id], now[run_id], of_run, types.get(run_id, {}))
        for run_id, of_run in rows.items()
    }
    budget = ReadingBudget(MOST_EVENTS_IN_ALL, is_shared=is_shared)
    to_recount = [
        now[run_id]
        for run_id in sorted(rows, key=lambda run_id: held[run_id].event_count)
        if must_recount(held[run_id], now[run_id], rows[run_id])
        and budget.take(held[run_id].event_count)
    ]
    for run_id, status in recount(conn, to_recount).items():
        found[run_id] = found[run_id]._replace(status=status)
    return found


def find_outcome(
    stored: RunState, now: RunState, rows: list[EventRow], types: Mapping[str, str]
) -> Outcome:
    """The outcome of a run after adding `rows`, where what was counted before stays counted.

    `types` are those of events stored before.
    """
    ends = [End(named_by(row), row.is_error) for row in rows if row.event_type == AGENT_END]
    if not ends and not stored.pending_ends and stored.root_id == now.root_id:
        return Outcome(stored.status, None)
    new = {row.event_id: row.event_type for row in rows}
    has_come = bool(arrived(stored.pending_ends, new))
    if not ends and not has_come and stored.root_id == now.root_id:
        return Outcome(stored.status, None)
    lacking = {event_id for end in ends for event_id in end.named} - new.keys() - types.keys()
    lacking.difference_update(arrived(stored.pending_ends, lacking))
    pending = None
    if has_come or lacking:
        waits = (one for one in ids_of(stored.pending_ends) if not (one in new or one in types))
        ids = sorted(chain(waits, lacking))[:MOST_PENDING]
        pending = changed_list(stored, stored.pending_ends, ids)
    status = status_of(ends, starts_of({**types, **new}), now.root_id)
    return Outcome(max(stored.status, status, key=RANK.index), pending)


RANK = (ACTIVE, COMPLETED, FAILED)


def must_recount(stored: RunState, now: RunState, rows: list[EventRow]) -> bool:
    """Whether ends that were counted may be inner now, or inner ends no longer."""
    has_same_root = stored.root_id == now.root_id
    if stored.event_count > HUGE_RUN_EVENTS or (has_same_root and not stored.pending_ends):
        return False
    new = {row.event_id: row.event_type for row in rows}
    if any(new[event_id] == AGENT_START for event_id in arrived(stored.pending_ends, new)):
        return True
    if has_same_root:
        return False
    counted_end = stored.root_id is not None and stored.status != ACTIVE
    return counted_end or (now.root_id is not None and now.root_id not in new)


def recount(conn: Connection, runs: list[RunState]) -> dict[str, str]:
    """The statuses of runs by all their agent_ends."""
    if not runs:
        return {}
    rows = queries.events.outcome(
        conn,
        received_ons=[str(run.received_on) for run in runs],
        run_ids=[run.run_id for run in runs],
        roots=[f"{run.run_id}{run.root_id}" if run.root_id else "" for run in runs],
    )
    ended = {str(row["run_id"]): str(row["status"]) for row in rows}
    return {run.run_id: ended.get(run.run_id, ACTIVE) for run in runs}


def starts_of(types: Mapping[str, str]) -> set[str]:
    """The ids of the agent_starts."""
    return {event_id for event_id, event_type in types.items() if event_type == AGENT_START}


def status_of(ends: Iterable[End], starts: Collection[str], root_id: str | None) -> str:
    """The status that these ends give a run, with the ids of its agent_starts and of its root."""
    inner = set(starts) - {root_id}
    errors = [end.is_error for end in ends if inner.isdisjoint(end.named)]
    return FAILED if any(errors) else COMPLETED if errors else ACTIVE
