"""The write transaction: rows in, counts out; everything or nothing, but for numbers of `run N`.

READ COMMITTED; each step a statement of its own, never back a phase (the numbers are reserved in a
short transaction before; should one be taken after all, 23505 starts everything anew):

1. runs/states             what the runs are, unlocked: which are new, which will change; and which
                           retention has removed: their rows are left out. A run that goes after
                           this is missed in step 3
   agents/reserve_numbers  for new runs that ask for no name; committed at once
2. agents/add              agents not seen before, in name order
   agents/lock             those that must name runs otherwise, in name order
   runs/take_turns         on Citus the runs, in the order of their locks' keys
3. runs/add                the new runs, in key order
   runs/hold               all runs, in key order; fewer than expected: one was deleted, start again
4. events/stored           which events are there already: nobody adds to a run that is held
   prices/loaded           which prices hold, where some of them came without a cost
5. events/copy             the others, sorted by (run_id, event_id)
6. runs/add_totals         what they sum up to, and what that changes in the runs' metrics
   metrics/add_deltas      what the events add to the metrics, under the agents as held
   runs/settle             runs whose agent, name, environment or metadata they change; those that
                           move are noted (runs/note_move), and take their metrics along
                           (metrics/add_run_deltas, before and after)
7. transactions/commit     and, in the same round trip, replicas/written: what a read may ask for
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from service.db.queries import Connection, Row, is_distributed, queries
from service.ingest.rows import EventRow
from service.prices.price_list import CurrentPrices
from service.writer.costs import set_costs, wants_cost
from service.writer.metric_deltas import deltas
from service.writer.run_changes import (
    Change,
    RetryTransaction,
    Rows,
    Runs,
    find_changes,
    stored_events,
)
from service.writer.run_names import Namer
from service.writer.run_owner import RunState, first_state, merge, needs_name
from service.writer.run_statements import (
    add_runs,
    by_id,
    count_runs,
    name_runs,
    numbers_of,
    rename_runs,
    reserve_numbers,
    settle_runs,
)
from service.writer.run_totals import totals


@dataclass(frozen=True)
class Counts:
    """What became of one request's rows."""

    inserted: int
    duplicates: int
    expired: frozenset[str] = frozenset()  # runs that retention removed: of them nothing is stored
    lsn: str | None = None  # up to where a replica has to be to show the rows; None: none is stored


class Transaction:
    """One attempt to store the rows of some requests."""

    def __init__(
        self,
        conn: Connection,
        requests: Sequence[Sequence[EventRow]],
        today: date,
        environment: str,
        prices: CurrentPrices,
        *,
        agents_to_lock: Collection[str] = (),
    ) -> None:
        self._conn = conn
        self._today = today
        self._environment = environment
        self._prices = prices
        self._agents_to_lock = frozenset(agents_to_lock)
        self._agents_added = False
        self._expired: frozenset[str] = frozenset()
        self._take(requests)

    def _take(self, requests: Sequence[Sequence[EventRow]]) -> None:
        """Order the rows that are to be stored."""
        self._requests = requests
        self._first = first_of_each(requests)
        self._rows = by_run(row for _, row in self._first.values())
        self._run_ids = list(self._rows)  # sorted, since the rows are

    def run(self) -> list[Counts]:
        """Store everything and commit; return each request's counts.

        Raises RetryTransaction, or what psycopg raises; the caller rolls back.
        """
        known = self._look()
        if not self._run_ids:
            self._conn.rollback()
            return self._counts(set())
        said = {run: first_state(run, self._today, rows) for run, rows in self._rows.items()}
        new = [said[run_id] for run_id in self._run_ids if run_id not in known]
        to_lock = self._agents_to_lock | agents_that_name(known, said)
        reserved = self._reserve(new, to_lock)
        unnumbered = {state.agent_name for state in new} - reserved.keys()
        namer = self._lock(unnumbered | to_lock, reserved)
        held, added, stored = self._hold(namer, new, known)
        rows = by_run(row for key, (_, row) in self._first.items() if key not in stored)
        self._copy(held, rows)
        changes = find_changes(
            self._conn, held, {run: rows[run] for run in rows if run not in added}
        )
        lsn = self._finish(namer, held, added, rows, changes)
        return self._counts(stored, lsn)

    def _look(self) -> Runs:
        """Read what the runs are, unlocked; leave out those that have expired."""
        with self._conn.pipeline():  # BEGIN travels with the statement
            states = queries.runs.states(self._conn, run_ids=self._run_ids).fetchall()
        self._expired = frozenset(str(row["run_id"]) for row in states if row["is_expired"])
        if self._expired:
            self._take(
                [
                    [row for row in rows if row.run_id not in self._expired]
                    for rows in self._requests
                ]
            )
        return by_id(row for row in states if not row["is_expired"])

    def _reserve(self, new: list[RunState], to_lock: Collection[str]) -> dict[str, range]:
        """Reserve numbers for runs that ask for no name, of agents that need no lock."""
        counts = Counter(state.agent_name for state in new if state.agent_name not in to_lock)
        if not counts:
            return {}
        with self._conn.pipeline():
            reserved = reserve_numbers(self._conn, counts)
            self._add_agents()  # begins the transaction of the rows, in the same round trip
        return numbers_of(reserved, counts)

    def _add_agents(self) -> None:
        """Make the agents that are not there yet, once; also those that only duplicates name."""
        if not self._agents_added:
            agents = {row.agent_name for rows in self._requests for row in rows}
            # To lock may also be an agent that was deleted, and whose events a run still holds.
            queries.agents.add(self._conn, names=sorted(agents | self._agents_to_lock))
            self._agents_added = True

    def _lock(self, agents: set[str], reserved: dict[str, range]) -> Namer:
        """Lock the agents that have to name a run otherwise than by a reserved number."""
        if not agents:
            return Namer(self._conn, reserved, {})
        with self._conn.pipeline():
            self._add_agents()
            rows = queries.agents.lock(self._conn, names=sorted(agents))
        locked = {row["name"]: row["run_counter"] for row in rows}
        if len(locked) < len(agents):
            raise RetryTransaction("an agent was deleted")
        return Namer(self._conn, reserved, locked)

    def _hold(
        self, namer: Namer, new: list[RunState], known: Runs
    ) -> tuple[Runs, set[str], set[str]]:
        """Make the new runs, hold all, ask which events they have already; compute costs.

        Gives the runs as held, the ids of those made here, and the keys of events stored before.
        """
        names = name_runs(namer, new)
        without_cost = [row for rows in self._rows.values() for row in rows if wants_cost(row)]
        with self._conn.pipeline():
            self._add_agents()
            if is_distributed(self._conn):
                queries.tail.hold_back(self._conn)
                queries.runs.take_turns(self._conn, run_ids=self._run_ids)
            rows_added = add_runs(self._conn, new, names, self._environment)
            count_runs(self._conn, namer)
            rows_held = queries.runs.hold(self._conn, run_ids=self._run_ids)
            rows_stored = self._find_stored(known)
            loaded = queries.prices.loaded(self._conn) if without_cost else None
        if loaded is not None:
            set_costs(without_cost, self._prices.at(self._conn, loaded.fetchone()))
        held, added = by_id(rows_held), {str(row["run_id"]) for row in rows_added}
        if len(held) < len(self._run_ids):
            raise RetryTransaction("a run was deleted")
        if any(held[run_id].received_on != state.received_on for run_id, state in known.items()):
            raise RetryTransaction("a run was made anew on another day")
        stored = keys_of(rows_stored)
        made_by_others = held.keys() - known.keys() - added
        if made_by_others:
            stored |= keys_of(self._find_stored({run: held[run] for run in made_by_others}))
        return held, added, stored

    def _find_stored(self, runs: Runs) -> Iterable[Row]:
        """Ask which of the rows of these runs are stored."""
        return stored_events(
            self._conn,
            [(state, row.event_id) for run_id, state in runs.items() for row in self._rows[run_id]],
        )

    def _copy(self, held: Runs, rows: Rows) -> None:
        days = {run_id: f"{state.received_on}\t".encode() for run_id, state in held.items()}
        lines = b"".join(
            part
            for run_id, of_run in rows.items()
            for row in of_run
            for part in (days[run_id], row.copy_columns())
        )
        if lines:
            with self._conn.cursor().copy(queries.events.copy.text) as copy:
                copy.write(lines)

    def _finish(
        self, namer: Namer, held: Runs, added: set[str], rows: Rows, changes: list[Change]
    ) -> str:
        """Bring the runs and the metrics up to date, and commit; give the LSN behind all of it."""
        unlocked = {now.agent_name for old, now in changes if needs_name(old, now)} - namer.locked
        if unlocked:
            raise RetryTransaction("more agents to lock", agents=namer.locked | unlocked)
        names = rename_runs(namer, changes)
        with self._conn.pipeline():
            if rows:
                queries.runs.add_totals(self._conn, **totals(rows, held, added))
                queries.metrics.add_deltas(self._conn, **deltas(rows, held))
            if changes:
                settle_runs(self._conn, changes, names)
                count_runs(self._conn, namer)
            queries.transactions.commit(self._conn)
            written = queries.replicas.written(self._conn)
        return str(written.fetchall()[0]["lsn"])

    def _counts(self, stored: set[str], lsn: str | None = None) -> list[Counts]:
        inserted = Counter(no for key, (no, _) in self._first.items() if key not in stored)
        return [
            Counts(inserted[no], len(rows) - inserted[no], self._expired, lsn)
            for no, rows in enumerate(self._requests)
        ]


def agents_that_name(known: Runs, said: Runs) -> set[str]:
    """Agents that will have to name a run otherwise than by a number, as far as can be told."""
    agents = set()
    for run_id, state in said.items():
        now = merge(known[run_id], state) if run_id in known else state
        if needs_name(known[run_id], now) if run_id in known else now.requested:
            agents.add(now.agent_name)
    return agents


def first_of_each(requests: Sequence[Sequence[EventRow]]) -> dict[str, tuple[int, EventRow]]:
    """The rows by key, sorted, with the request that sent each first; later ones are duplicates."""
    first: dict[str, tuple[int, EventRow]] = {}
    for request_no, rows in enumerate(requests):
        for row in rows:
            first.setdefault(row.key, (request_no, row))
    return {key: first[key] for key in sorted(first)}


def by_run(rows: Iterable[EventRow]) -> Rows:
    """The rows of each run."""
    runs: Rows = defaultdict(list)
    for row in rows:
        runs[row.run_id].append(row)
    return runs


def keys_of(rows: Iterable[Row]) -> set[str]:
    """The keys of rows of events/stored."""
    return {f"{row['run_id']}{row['event_id']}" for row in rows}
