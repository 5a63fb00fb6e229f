"""The changes that new events make to stored runs: agent, name, environment, metadata, fields."""

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from service.db.queries import Connection, Row, queries
from service.ingest.rows import EventRow
from service.writer.run_fields import earlier_fields, find_fields
from service.writer.run_owner import (
    FIRST_ROOT_EVENTS,
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


def find_changes(conn: Connection, held: Runs, rows: Rows, types: Types) -> list[Change]:
    """The runs that their new rows change. The runs are locked, and the rows stored.

    `types` holds the parents of new agent_starts: one with a parent in the run is no root.
    """
    changes = []
    left = {False: MOVED_EVENTS, True: FIRST_ROOT_EVENTS}  # by whether it is for a first root
    for run_id, new_rows in rows.items():
        stored = held[run_id]
        now = merge(
            stored, first_state(run_id, stored.received_on, new_rows, types.get(run_id, ()))
        )
        if is_demoted(stored, new_rows):
            now = with_owner_found(conn, now)
        if now.agent_name != stored.agent_name:
            reason = is_first_root(stored, now)
            if stored.event_count > left[reason]:
                now = replace(now, owner=stored.owner)
            else:
                left[reason] -= stored.event_count
        now = with_fields(now, new_rows)
        if now != stored:
            changes.append((stored, now))
    return changes


def is_first_root(stored: RunState, now: RunState) -> bool:
    """Whether the run had no root, and has one now."""
    return now.owner.is_root and not stored.owner.is_root


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


def with_owner_found(conn: Connection, state: RunState) -> RunState:
    """Find the owner among all events of the run, because the old root's parent has arrived."""
    row = queries.events.owner(conn, received_on=state.received_on, run_id=state.run_id).fetchone()
    if row is None:
        raise RetryTransaction("a run lost its events")
    return replace(state, owner=Owner.from_row(row))


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
