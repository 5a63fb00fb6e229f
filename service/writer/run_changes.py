"""The changes that new events make to stored runs: agent, name, environment, metadata."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace

from service.db.queries import Connection, Row, queries
from service.ingest.rows import EventRow
from service.writer.run_owner import Owner, RunState, first_state, is_start, merge

Rows = dict[str, list[EventRow]]  # by run, both sorted by id
Runs = dict[str, RunState]
Change = tuple[RunState, RunState]  # a run as it is stored, and as it will be


class RetryTransaction(Exception):
    """The transaction must be retried: a row was deleted, or `agents` must be locked first."""

    def __init__(self, reason: str, agents: Collection[str] = ()) -> None:
        super().__init__(reason)
        self.agents = frozenset(agents)


def find_changes(conn: Connection, held: Runs, rows: Rows) -> list[Change]:
    """The runs that their new rows change. The runs are locked, and the rows stored."""
    parents = stored_parents(conn, held, rows)
    changes = []
    for run_id, new_rows in rows.items():
        stored = held[run_id]
        now = merge(stored, first_state(run_id, stored.received_on, new_rows, parents[run_id]))
        if any(row.event_id == stored.owner.parent_id for row in new_rows):
            now = with_owner_found(conn, now)
        if now != stored:
            changes.append((stored, now))
    return changes


def stored_parents(conn: Connection, held: Runs, rows: Rows) -> dict[str, set[str]]:
    """By run, the stored parents of new agent_starts: a start with a parent is no root."""
    found = stored_events(
        conn,
        [
            (held[run_id], row.parent_event_id)
            for run_id, new_rows in rows.items()
            for row in new_rows
            if is_start(row) and row.parent_event_id is not None
        ],
    )
    parents: dict[str, set[str]] = defaultdict(set)
    for event in found:
        parents[str(event["run_id"])].add(str(event["event_id"]))
    return parents


def with_owner_found(conn: Connection, state: RunState) -> RunState:
    """Find the owner among all events of the run, because the old owner's parent has arrived."""
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
