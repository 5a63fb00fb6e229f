"""The changes that new events make to stored runs: agent, name, environment, metadata, fields."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from msgspec.structs import replace

from service.db.queries import Connection, Row, queries
from service.ingest.rows import EventRow
from service.writer.reading_budget import MOST_DATA, ReadingBudget
from service.writer.run_fields import earlier_fields, find_fields
from service.writer.run_owner import (
    DEMOTED_EVENTS,
    FIRST_ROOT_EVENTS,
    MOVED_AGAIN_EACH,
    MOVED_AGAIN_EVENTS,
    MOVED_EVENTS,
    Owner,
    RunState,
    first_state,
    links_of,
    merge,
    needs_name,
)

Rows = dict[str, list[EventRow]]  # by run, both sorted by id
Runs = dict[str, RunState]
Change = tuple[RunState, RunState]  # a run as it is stored, and as it will be
Types = dict[str, dict[str, str]]  # by run, the types of stored events by id


class Budgets(NamedTuple):
    """How many events of runs may be counted again for another agent."""

    first_roots: ReadingBudget  # of runs that get their first root
    moves: ReadingBudget  # of others, which move for the first time
    later_moves: ReadingBudget


class RetryTransaction(Exception):
    """The transaction must be retried: a row was deleted, or `agents` must be locked first."""

    def __init__(self, reason: str, agents: Collection[str] = ()) -> None:
        super().__init__(reason)
        self.agents = frozenset(agents)


def check_held(held: Runs, known: Runs, wanted: Collection[str]) -> None:
    """Raise RetryTransaction if a run was deleted, or deleted and made again, before its lock."""
    if len(held) < len(wanted):
        raise RetryTransaction("a run was deleted")
    if any(held[run_id].received_on != state.received_on for run_id, state in known.items()):
        raise RetryTransaction("a run was made again on another day")


def find_changes(
    conn: Connection, held: Runs, rows: Rows, types: Types, *, is_shared: bool
) -> list[Change]:
    """The runs that their new rows change. The runs are locked, and the rows stored.

    `types` holds the parents of new agent_starts: one with a parent in the run is no root.
    """
    said: Runs = {}
    for run_id, of_run in rows.items():
        stored = held[run_id]
        new = first_state(run_id, stored.received_on, of_run, types.get(run_id, ()))
        said[run_id] = merge(stored, new)
    demoted = [said[run_id] for run_id, of_run in rows.items() if is_demoted(held[run_id], of_run)]
    said |= with_owners_found(conn, demoted, is_shared=is_shared)
    sent = sum(map(len, rows.values()))
    budgets = Budgets(
        first_roots=ReadingBudget(FIRST_ROOT_EVENTS, is_shared=is_shared),
        moves=ReadingBudget(MOVED_EVENTS, is_shared=is_shared),
        later_moves=ReadingBudget(
            MOVED_AGAIN_EVENTS + MOVED_AGAIN_EACH * sent, is_shared=is_shared
        ),
    )
    changes = []
    for run_id, found in said.items():
        stored = held[run_id]
        now = with_fields(moved_within(budgets, stored, found), rows[run_id])
        if now != stored:
            changes.append((stored, now))
    return changes


def moved_within(budgets: Budgets, stored: RunState, now: RunState) -> RunState:
    """The state with its new owner, or its old one where a move would count too many events."""
    if now.agent_name == stored.agent_name:
        return now
    if now.owner.is_root and not stored.owner.is_root:
        budget = budgets.first_roots
    else:
        budget = budgets.later_moves if stored.has_moved else budgets.moves
    return now if budget.take(stored.event_count) else replace(now, owner=stored.owner)


def with_fields(state: RunState, rows: list[EventRow]) -> RunState:
    """The state with those fields that these new rows give the run."""
    found = find_fields(rows, state.root_id)
    fields = found and earlier_fields(found, state.field_sources)
    return replace(state, fields=fields) if fields else state


def is_demoted(run: RunState, new_rows: list[EventRow]) -> bool:
    """Whether the parent of the run's root has arrived. A large run keeps its root."""
    root = run.owner
    return (
        root.is_root
        and not run.is_large
        and any(row.event_id == root.parent_id for row in new_rows)
    )


def agents_that_name(known: Runs, states: Runs) -> set[str]:
    """Agents that must name a run otherwise than by a number, as far as is known before locks."""
    agents = set()
    for run_id, state in states.items():
        now = merge(known[run_id], state) if run_id in known else state
        if needs_name(known[run_id], now) if run_id in known else now.requested:
            agents.add(now.agent_name)
    return agents


def with_owners_found(conn: Connection, demoted: list[RunState], *, is_shared: bool) -> Runs:
    """Find owners among all events of runs, because the parents of their roots have arrived.

    The smallest runs come first, up to DEMOTED_EVENTS in all; the others keep their roots. So do
    those whose agent_starts without their parents have more data than the others leave of
    MOST_DATA.
    """
    budget = ReadingBudget(DEMOTED_EVENTS, is_shared=is_shared)
    runs = [
        state
        for state in sorted(demoted, key=lambda state: state.event_count)
        if budget.take(state.event_count)
    ]
    if not runs:
        return {}
    owners = owners_among_all(conn, runs, MOST_DATA // len(runs))
    if len(owners) < len(runs):
        raise RetryTransaction("a run lost its events")
    sizes = {run_id: row["bytes"] for run_id, row in owners.items() if row["is_root"] is None}
    if sizes:
        told = sum(row["bytes"] for run_id, row in owners.items() if run_id not in sizes)
        data = ReadingBudget(MOST_DATA - told, is_shared=is_shared)
        fits = {one for one in sorted(sizes, key=sizes.__getitem__) if data.take(sizes[one])}
        owners |= owners_among_all(conn, [run for run in runs if run.run_id in fits], MOST_DATA)
    return {
        state.run_id: replace(state, owner=Owner.from_row(owners[state.run_id]))
        for state in runs
        if owners[state.run_id]["is_root"] is not None
    }


def owners_among_all(conn: Connection, runs: list[RunState], byte_limit: int) -> dict[str, Row]:
    """The rows of events/owner, by run."""
    if not runs:
        return {}
    rows = queries.events.owner(
        conn,
        received_ons=[str(state.received_on) for state in runs],
        run_ids=[state.run_id for state in runs],
        byte_limit=str(byte_limit),
    )
    return {str(row["run_id"]): row for row in rows}


def stored_events(conn: Connection, events: list[tuple[RunState, str]]) -> Iterable[Row]:
    """The rows of events/stored: those of these (run, event_id) that are stored."""
    if not events:
        return ()
    return queries.events.stored(
        conn,
        received_ons=[str(state.received_on) for state, _ in events],
        run_ids=[state.run_id for state, _ in events],
        event_ids=[event_id for _, event_id in events],
    )


def types_of(rows: Iterable[Row]) -> Types:
    """The rows of events/stored by run."""
    types: Types = {}
    for row in rows:
        types.setdefault(str(row["run_id"]), {})[str(row["event_id"])] = row["event_type"]
    return types


def open_spans_of(rows: Iterable[Row]) -> frozenset[str]:
    """The keys of the rows of events/stored that are spans which had not ended."""
    return frozenset(f"{row['run_id']}{row['event_id']}" for row in rows if row["is_open"])


def ids_to_look_up(rows: list[EventRow]) -> list[str]:
    """The ids of the rows, and of the events of which the rows need to know whether they exist."""
    ids = [row.event_id for row in rows]
    links = links_of(rows)
    return list(dict.fromkeys([*ids, *links])) if links else ids
