"""The write transaction: rows in, counts out; everything or nothing.

READ COMMITTED; each step a statement of its own, never back a phase:

1. runs/states             what the runs are, unlocked: which are new, which will change
   agents/reserve_numbers  for new runs that ask for no name; committed at once
2. fill_stage              COPY, sorted by (run_id, event_id)
3. agents/add              agents not seen before, in name order
   agents/lock             those that must name runs otherwise, in name order
4. runs/add                the new runs, in key order
5. runs/hold               all runs, in key order; fewer than expected: one was deleted, start again
6. events/add              ON CONFLICT DO NOTHING; run totals from the rows that were new
7. runs/settle             runs whose agent, name, environment or metadata the new events change

The metric deltas will be appended in steps 4, 6 and 7.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from service.ingest import EventRow
from service.queries import Connection, queries
from service.writer.naming import Namer
from service.writer.ownership import Owner, RunState, first_state, is_start, merge, needs_name
from service.writer.runs import (
    add_runs,
    by_id,
    count_runs,
    name_runs,
    numbers_of,
    reserve_numbers,
    settle_runs,
)

Place = tuple[int, int]  # (request_no, position): which request sent a row, and where in it
Rows = dict[str, list[EventRow]]


class Again(Exception):
    """The transaction must start anew: something was deleted, or `agents` must be locked first."""

    def __init__(self, reason: str, agents: Collection[str] = ()) -> None:
        super().__init__(reason)
        self.agents = frozenset(agents)


@dataclass(frozen=True)
class Counts:
    """What became of one request's rows."""

    inserted: int
    duplicates: int


class Transaction:
    """One attempt to store the rows of some requests."""

    def __init__(
        self,
        conn: Connection,
        requests: Sequence[Sequence[EventRow]],
        today: date,
        environment: str,
        agents_to_lock: Collection[str] = (),
    ) -> None:
        self._conn = conn
        self._requests = requests
        self._today = today
        self._environment = environment
        self._agents_to_lock = frozenset(agents_to_lock)
        self._staged = first_of_each(requests)
        self._rows = by_run(self._staged, ())
        self._run_ids = list(self._rows)  # sorted, since the rows are
        self._agents_added = False

    def run(self) -> list[Counts]:
        """Store everything and commit; return each request's counts.

        Raises Again, or what psycopg raises; the caller rolls back.
        """
        known = self._look()
        said = {
            run_id: first_state(run_id, self._day(known, run_id), rows)
            for run_id, rows in self._rows.items()
        }
        new = [said[run_id] for run_id in self._run_ids if run_id not in known]
        to_lock = self._agents_to_lock | agents_that_name(known, said)
        reserved = self._reserve(new, to_lock)
        self._fill_stage(known)
        unnumbered = {state.agent_name for state in new} - reserved.keys()
        namer = self._lock(unnumbered | to_lock, reserved)
        held, added, duplicates = self._store(namer, new)
        self._check(held, known)
        self._settle(namer, held, added, duplicates)
        self._conn.commit()
        return self._counts(duplicates)

    def _look(self) -> dict[str, RunState]:
        """Read what the runs are, unlocked."""
        with self._conn.pipeline():  # BEGIN travels with the statement
            states = queries.runs.states(self._conn, run_ids=self._run_ids)
        return by_id(states)

    def _day(self, known: dict[str, RunState], run_id: str) -> date:
        return known[run_id].received_on if run_id in known else self._today

    def _reserve(self, new: list[RunState], to_lock: Collection[str]) -> dict[str, range]:
        """Reserve numbers for runs that ask for no name, of agents that need no lock."""
        counts = Counter(state.agent_name for state in new if state.agent_name not in to_lock)
        if not counts:
            return {}
        with self._conn.pipeline():
            reserved = reserve_numbers(self._conn, counts)
            self._add_agents()  # begins the transaction of the rows, in the same round trip
        return numbers_of(reserved, counts)

    def _fill_stage(self, known: dict[str, RunState]) -> None:
        days = {run_id: self._day(known, run_id) for run_id in self._run_ids}
        lines = "".join(
            f"{request_no}\t{position}\t{days[row.run_id]}\t{row.copy_columns()}"
            for (request_no, position), row in self._staged.items()
        )
        with self._conn.cursor().copy(queries.events.fill_stage.text) as copy:
            copy.write(lines)

    def _lock(self, agents: set[str], reserved: dict[str, range]) -> Namer:
        """Lock the agents that have to name a run otherwise than by a reserved number."""
        if not agents:
            return Namer(self._conn, reserved, {})
        with self._conn.pipeline():
            self._add_agents()
            rows = queries.agents.lock(self._conn, names=sorted(agents))
        locked = {row["name"]: row["run_counter"] for row in rows}
        if len(locked) < len(agents):
            raise Again("an agent was deleted")
        return Namer(self._conn, reserved, locked)

    def _add_agents(self) -> None:
        """Make the agents that are not there yet, once; also those that only duplicates name."""
        if not self._agents_added:
            agents = {row.agent_name for rows in self._requests for row in rows}
            queries.agents.add(self._conn, names=sorted(agents))
            self._agents_added = True

    def _store(
        self, namer: Namer, new: list[RunState]
    ) -> tuple[dict[str, RunState], set[str], set[Place]]:
        """Make the new runs, hold all, and store the events, in one round trip.

        Gives the runs as held, those made here, and the places of rows that were duplicates.
        """
        names = name_runs(namer, new)
        with self._conn.pipeline():
            self._add_agents()
            added = add_runs(self._conn, new, names, self._environment)
            count_runs(self._conn, namer)
            held = queries.runs.hold(self._conn, run_ids=self._run_ids)
            duplicates = queries.events.add(self._conn)
        return (
            by_id(held),
            {str(row["run_id"]) for row in added},
            {(row["request_no"], row["position"]) for row in duplicates},
        )

    def _check(self, held: dict[str, RunState], known: dict[str, RunState]) -> None:
        """Every row must have gone where its run is: the look in step 1 was without a lock."""
        if len(held) < len(self._run_ids):
            raise Again("a run was deleted")
        if any(state.received_on != self._day(known, run_id) for run_id, state in held.items()):
            raise Again("a run was made anew on another day")

    def _settle(
        self, namer: Namer, held: dict[str, RunState], added: set[str], duplicates: set[Place]
    ) -> None:
        """Give each run what its events, with the new ones, now say; new runs have it already."""
        rows = by_run(self._staged, duplicates) if duplicates else self._rows
        rows = {run_id: rows[run_id] for run_id in rows if run_id not in added}
        parents = self._stored_parents(held, rows)
        changes = []
        for run_id, new_rows in rows.items():
            stored = held[run_id]
            now = merge(stored, first_state(run_id, stored.received_on, new_rows, parents))
            if any(row.event_id == stored.owner.parent_id for row in new_rows):
                now = self._with_owner_found(now)
            if now != stored:
                changes.append((stored, now))
        unlocked = {now.agent_name for old, now in changes if needs_name(old, now)} - namer.locked
        if unlocked:
            raise Again("more agents to lock", agents=namer.locked | unlocked)
        if changes:
            settle_runs(self._conn, namer, changes)

    def _stored_parents(self, held: dict[str, RunState], rows: Rows) -> set[str]:
        """Parents of new agent_starts that their runs held before: such a start is no root."""
        wanted = [
            (str(held[run_id].received_on), run_id, row.parent_event_id)
            for run_id, new_rows in rows.items()
            for row in new_rows
            if is_start(row) and row.parent_event_id is not None
        ]
        if not wanted:
            return set()
        days, run_ids, event_ids = map(list, zip(*wanted, strict=True))
        found = queries.events.stored(
            self._conn, received_ons=days, run_ids=run_ids, event_ids=event_ids
        )
        return {str(row["event_id"]) for row in found}

    def _with_owner_found(self, state: RunState) -> RunState:
        """The owner's parent came into the run: look for the owner among all of its events."""
        row = queries.events.owner(
            self._conn, received_on=state.received_on, run_id=state.run_id
        ).fetchone()
        if row is None:
            raise Again("a run lost its events")
        return replace(state, owner=Owner.from_row(row))

    def _counts(self, duplicates: set[Place]) -> list[Counts]:
        inserted = [0] * len(self._requests)
        for request_no, position in self._staged:
            inserted[request_no] += (request_no, position) not in duplicates
        return [
            Counts(inserted=new, duplicates=len(rows) - new)
            for new, rows in zip(inserted, self._requests, strict=True)
        ]


def agents_that_name(known: dict[str, RunState], said: dict[str, RunState]) -> set[str]:
    """Agents that will have to name a run otherwise than by a number, as far as can be told."""
    agents = set()
    for run_id, state in said.items():
        now = merge(known[run_id], state) if run_id in known else state
        if needs_name(known[run_id], now) if run_id in known else now.requested:
            agents.add(now.agent_name)
    return agents


def first_of_each(requests: Sequence[Sequence[EventRow]]) -> dict[Place, EventRow]:
    """The rows of all requests, sorted by key, each (run, event) once: the first one sent."""
    first: dict[str, tuple[Place, EventRow]] = {}
    for request_no, rows in enumerate(requests):
        for position, row in enumerate(rows):
            first.setdefault(row.key, ((request_no, position), row))
    return dict(first[key] for key in sorted(first))


def by_run(staged: dict[Place, EventRow], without: Collection[Place]) -> Rows:
    """The rows of each run, but for those at the places in `without`."""
    rows: Rows = defaultdict(list)
    for place, row in staged.items():
        if place not in without:
            rows[row.run_id].append(row)
    return rows
