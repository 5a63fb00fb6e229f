"""The statements that insert and update runs, many at a time."""

from collections.abc import Iterable, Mapping, Sequence

from service.db.queries import Connection, Row, queries
from service.ingest.rows import Times
from service.writer.reading_budget import ReadingBudget, pass_over
from service.writer.run_changes import Change, Rows, Runs
from service.writer.run_fields import (
    MOST_DATA_IN_ALL,
    MOST_EVENTS,
    MOST_EVENTS_IN_ALL,
    as_json,
    has_fields_of_root,
    lose_fields,
)
from service.writer.run_names import Namer
from service.writer.run_owner import RunState, needs_name

Columns = dict[str, list[str | None]]


def by_id(rows: Iterable[Row]) -> dict[str, RunState]:
    """Rows of runs/states or runs/hold by run id."""
    return {state.run_id: state for state in map(RunState.from_row, rows)}


def name_runs(namer: Namer, states: list[RunState]) -> list[str]:
    """The names of new runs, numbered by time: the requested one, or the next number."""
    by_time = sorted(states, key=lambda state: (state.owner.at, state.owner.tie))
    names = namer.in_few_statements(
        lambda namer: {state.run_id: first_name(namer, state) for state in by_time}
    )
    return [names[state.run_id] for state in states]


def first_name(namer: Namer, state: RunState) -> str:
    """The name of a new run."""
    if state.requested is None:
        return namer.generate(state.agent_name)
    return namer.nearest(state.agent_name, state.requested[1])


def add_runs(
    conn: Connection,
    states: list[RunState],
    times: Mapping[str, Times],
    names: list[str],
    environment: str,
) -> Iterable[Row]:
    """Insert new runs in key order; return a row for each inserted run."""
    if not states:
        return ()
    metadatas = [state.owner.metadata or "{}" for state in states]
    return queries.runs.add(
        conn,
        received_on=states[0].received_on,
        started_ats=[str(times[state.run_id][0]) for state in states],
        **columns(states, names, metadatas, environment),
    )


def rename_runs(namer: Namer, changes: list[Change]) -> list[str]:
    """The new names of changed runs."""
    return namer.in_few_statements(
        lambda namer: [
            new_name(namer, stored, now) if needs_name(stored, now) else stored.run_name
            for stored, now in changes
        ]
    )


def settle_runs(conn: Connection, changes: list[Change], names: list[str]) -> None:
    """Update locked runs from their stored to their new state.

    A run that moves to another agent takes along all that it has contributed to the metrics.
    """
    metadatas = [
        None if stored.owner == now.owner else now.owner.metadata or "{}" for stored, now in changes
    ]
    moved = [now.run_id for stored, now in changes if stored.agent_name != now.agent_name]
    if moved:
        queries.metrics.add_run_deltas(conn, run_ids=moved, sign=-1)
    queries.runs.settle(conn, **columns([now for _, now in changes], names, metadatas, ""))
    if moved:
        queries.runs.note_move(conn, run_ids=moved)
        queries.metrics.add_run_deltas(conn, run_ids=moved, sign=1)


def recount_fields(
    conn: Connection,
    held: Runs,
    changes: list[Change],
    rows: Rows,
    ended: Rows,
    *,
    is_shared: bool,
) -> None:
    """Find the fields again of locked runs that lost one of them, also with their root."""
    moved = [now.run_id for old, now in changes if loses_fields_of_root(old, now, rows)]
    lost = [
        run_id for run_id, rows in ended.items() if lose_fields(rows, held[run_id].field_sources)
    ]
    sizes = {run_id: held[run_id].event_count for run_id in {*moved, *lost}}
    budget = ReadingBudget(MOST_EVENTS_IN_ALL, is_shared=is_shared)
    found = [
        run_id
        for run_id in sorted(sizes, key=sizes.__getitem__)
        if sizes[run_id] <= MOST_EVENTS and budget.take(sizes[run_id])
    ]
    if found:
        byte_limit = str(MOST_DATA_IN_ALL // len(found))
        recounted = queries.runs.recount_fields(conn, run_ids=found, byte_limit=byte_limit)
        if len(recounted.fetchall()) < len(found):
            pass_over(is_shared=is_shared)


def loses_fields_of_root(old: RunState, now: RunState, rows: Rows) -> bool:
    """Whether a run has another root now, and a field from the old one, or none yet of the new one.

    `rows` are the new ones: a root that was stored before may have fields that were passed over.
    """
    if old.root_id in (None, now.root_id):
        return False
    new = {row.event_id for row in rows.get(now.run_id, ())}
    return now.root_id not in new or has_fields_of_root(old.field_sources)


def new_name(namer: Namer, stored: RunState, now: RunState) -> str:
    """The name of a run that moves to another agent, or whose requested name changed."""
    if stored.renamed:
        return namer.nearest(now.agent_name, stored.run_name)
    if now.requested is not None:
        if stored.agent_name == now.agent_name and now.requested[1] == stored.run_name:
            return stored.run_name
        return namer.nearest(now.agent_name, now.requested[1])
    return namer.keep_or_generate(now.agent_name, stored.run_name)


def count_runs(conn: Connection, namer: Namer) -> None:
    """Store the changed counters of agents."""
    counters = namer.moved_counters()
    if counters:
        queries.agents.count_runs(
            conn, names=list(counters), counters=[str(counter) for counter in counters.values()]
        )


def columns(
    states: list[RunState], names: list[str], metadatas: Sequence[str | None], environment: str
) -> Columns:
    """The arrays that runs/add and runs/settle take, one element per run.

    `environment` is that of runs that have none stored and whose events name none.
    """
    requested = [state.requested or (None, None) for state in states]
    environments = [
        state.environment or (None, state.stored_environment or environment) for state in states
    ]
    return {
        "run_ids": [state.run_id for state in states],
        "agent_names": [state.agent_name for state in states],
        "run_names": list(names),
        "environments": [value for _, value in environments],
        "environment_ats": [as_text(at) for at, _ in environments],
        "requested_names": [name for _, name in requested],
        "requested_ats": [as_text(at) for at, _ in requested],
        "owner_is_roots": [as_text(state.owner.is_root) for state in states],
        "owner_ats": [as_text(state.owner.at) for state in states],
        "owner_ties": [str(state.owner.tie) for state in states],
        "owner_event_ids": [state.owner.event_id for state in states],
        "owner_parent_ids": [state.owner.parent_id for state in states],
        "metadatas": list(metadatas),
        "fields": [as_json(state.fields) for state in states],
    }


def as_text(value: object) -> str | None:
    """An array element in PostgreSQL's text format."""
    return None if value is None else str(value)
