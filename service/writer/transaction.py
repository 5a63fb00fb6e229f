"""The write transaction: rows in, counts out; all or nothing, except the numbers of `run N`.

READ COMMITTED. `Transaction.run` is the order of the statements, which is also the order of their
locks: agents by name, runs by id, events by (run_id, event_id), new names of metrics. No statement
takes a lock of an earlier phase, so two transactions cannot deadlock. The numbers of `run N` are
committed ahead; if another run has such a name all the same, 23505 makes the writer retry.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date

from service.db.queries import Connection, Row, is_distributed, queries
from service.ingest.rows import EventRow, blocks, times_of
from service.metrics.metric_names import MetricNames
from service.prices.price_list import CurrentPrices
from service.writer.costs import set_costs, wants_cost
from service.writer.found_runs import Found, Held
from service.writer.incoming import Counts, Incoming
from service.writer.metric_deltas import find_deltas
from service.writer.run_changes import (
    Change,
    RetryTransaction,
    Rows,
    Runs,
    agents_that_name,
    check_held,
    find_changes,
    ids_to_look_up,
    open_spans_of,
    stored_events,
    types_of,
)
from service.writer.run_names import Namer
from service.writer.run_numbers import Numbers, RunNumbers
from service.writer.run_outcome import find_outcomes
from service.writer.run_owner import RunState, first_state, needs_name
from service.writer.run_statements import (
    add_runs,
    by_id,
    count_runs,
    name_runs,
    recount_fields,
    rename_runs,
    settle_runs,
)
from service.writer.run_totals import totals
from service.writer.settled import Settled, settle
from service.writer.waiting_events import longest_lists


class Transaction:
    """One attempt to store the rows of some requests."""

    def __init__(
        self,
        conn: Connection,
        requests: Sequence[Sequence[EventRow]],
        today: date,
        *,
        environment: str,
        prices: CurrentPrices,
        metric_names: MetricNames,
        numbers: RunNumbers,
        agents_to_lock: Collection[str] = (),
    ) -> None:
        self._conn = conn
        self._requests = requests
        self._today = today
        self._environment = environment
        self._prices = prices
        self._metric_names = metric_names
        self._numbers = numbers
        self._agents_to_lock = frozenset(agents_to_lock)
        self._agents_added = False
        self._is_shared = len(requests) > 1

    def run(self) -> list[Counts]:
        """Store all rows and commit; return each request's counts.

        Raises RetryTransaction, UsedUp, or psycopg's errors; the caller rolls back.
        """
        found = self._find_runs()
        incoming = found.incoming
        if not incoming.runs:
            self._conn.rollback()
            return incoming.counts((), found.expired)
        states = {
            run_id: first_state(run_id, self._today, rows, is_new=run_id not in found.known)
            for run_id, rows in incoming.runs.items()
        }
        new = [state for run_id, state in states.items() if run_id not in found.known]
        namer = self._lock_agents(new, agents_that_name(found.known, states))
        held = self._hold_runs(found, namer, new)
        stored = held.stored
        opened = held.open_spans.union(incoming.open_agents(held.types))
        ended = incoming.ended(opened) if opened else {}
        come = incoming.without_stored(stored)
        settled = settle(self._conn, held.runs, held.added, come, ended, is_shared=self._is_shared)
        self._copy_events(held, settled.new)
        settled.change_stored(self._conn, held.runs)
        changes = find_changes(
            self._conn,
            held.runs,
            settled.without(held.added),
            held.types,
            is_shared=self._is_shared,
        )
        return incoming.counts(stored, found.expired, self._settle(namer, held, settled, changes))

    def _find_runs(self) -> Found:
        """Read the runs without a lock; leave out those that retention removed.

        A run that is removed after this statement is missed when the runs are held.
        """
        incoming = Incoming.of(self._requests)
        with self._conn.pipeline():  # BEGIN travels with the statement
            states = queries.runs.states(self._conn, run_ids=list(incoming.runs)).fetchall()
        expired = frozenset(str(row["run_id"]) for row in states if row["is_expired"])
        if expired:
            incoming = incoming.without_runs(expired)
        known = [row for row in states if not row["is_expired"]]
        longest = longest_lists((row["waiting"] for row in known), is_shared=self._is_shared)
        return Found(incoming, by_id(known), expired, longest)

    def _lock_agents(self, new: list[RunState], naming: set[str]) -> Namer:
        """Lock the agents that must name a run otherwise than by a reserved number."""
        to_lock = self._agents_to_lock | naming
        reserved = self._reserve_numbers(new, to_lock)
        agents = to_lock | ({state.agent_name for state in new} - reserved.keys())
        if not agents:
            return Namer(self._conn, reserved, {})
        with self._conn.pipeline():
            self._add_agents()
            rows = queries.agents.lock(self._conn, names=sorted(agents))
        locked = {row["name"]: row["run_counter"] for row in rows}
        if len(locked) < len(agents):
            raise RetryTransaction("an agent was deleted")
        return Namer(self._conn, reserved, locked)

    def _reserve_numbers(self, new: list[RunState], to_lock: Collection[str]) -> Numbers:
        """Reserve and commit numbers for runs without a name, of agents that need no lock."""
        counts = Counter(state.agent_name for state in new if state.agent_name not in to_lock)
        # To add the agents begins the transaction of the rows.
        return self._numbers.take(self._conn, counts, self._add_agents) if counts else {}

    def _add_agents(self) -> None:
        """Insert the agents that do not exist, once; also those that only duplicates name."""
        if not self._agents_added:
            agents = {row.agent_name for rows in self._requests for row in rows}
            # An agent to lock may have been deleted while a run still holds its events.
            queries.agents.add(self._conn, names=sorted(agents | self._agents_to_lock))
            self._agents_added = True

    def _hold_runs(self, found: Found, namer: Namer, new: list[RunState]) -> Held:
        """Insert the new runs, lock all, find the events that they hold already; compute costs."""
        run_ids = list(found.incoming.runs)
        names = name_runs(namer, new)
        times = {state.run_id: times_of(found.incoming.runs[state.run_id]) for state in new}
        without_cost = [
            row for rows in found.incoming.runs.values() for row in rows if wants_cost(row)
        ]
        with self._conn.pipeline():
            self._add_agents()
            if is_distributed(self._conn):
                queries.tail.hold_back(self._conn)
                queries.runs.take_turns(self._conn, run_ids=run_ids)
            rows_added = add_runs(self._conn, new, times, names, self._environment)
            count_runs(self._conn, namer)
            rows_held = queries.runs.hold(self._conn, run_ids=run_ids, longest=found.longest)
            rows_stored = self._find_stored(found.incoming, found.known)
            loaded = queries.prices.loaded(self._conn) if without_cost else None
        if loaded is not None:
            prices = self._prices.at(self._conn, loaded.fetchone())
            set_costs(without_cost, prices)
        runs, added = by_id(rows_held), frozenset(str(row["run_id"]) for row in rows_added)
        check_held(runs, found.known, found.incoming.runs)
        stored = list(rows_stored)
        made_by_others = runs.keys() - found.known.keys() - added
        if made_by_others:
            others = {run_id: runs[run_id] for run_id in made_by_others}
            stored += self._find_stored(found.incoming, others)
        return Held(runs, added, times, types_of(stored), open_spans_of(stored))

    def _find_stored(self, incoming: Incoming, runs: Runs) -> Iterable[Row]:
        """Query which of the incoming events of these runs, and of those they name, are stored."""
        return stored_events(
            self._conn,
            [
                (state, event_id)
                for run_id, state in runs.items()
                for event_id in ids_to_look_up(incoming.runs[run_id])
            ],
        )

    def _copy_events(self, held: Held, rows: Rows) -> None:
        """COPY the new rows, sorted by (run_id, event_id)."""
        days = {run_id: f"{state.received_on}\t".encode() for run_id, state in held.runs.items()}
        parts = (
            part
            for run_id, of_run in rows.items()
            for row in of_run
            for part in (days[run_id], row.copy_columns())
        )
        if rows:
            with self._conn.cursor().copy(queries.events.copy.text) as copy:
                for block in blocks(parts):
                    copy.write(block)

    def _settle(self, namer: Namer, held: Held, settled: Settled, changes: list[Change]) -> str:
        """Update the runs and append their metric deltas; commit, and return the log position."""
        unlocked = {now.agent_name for old, now in changes if needs_name(old, now)} - namer.locked
        if unlocked:
            raise RetryTransaction("more agents to lock", agents=namer.locked | unlocked)
        names = rename_runs(namer, changes)
        born = {run_id: held.times[run_id] for run_id in held.added}
        outcomes = find_outcomes(
            self._conn, held.runs, settled.come, held.types, changes, is_shared=self._is_shared
        )
        counted = settled.counted
        deltas = find_deltas(self._conn, self._metric_names, settled, held.runs, changes)
        with self._conn.pipeline():
            if counted:
                queries.runs.add_totals(self._conn, **totals(settled, held.runs, born, outcomes))
                queries.metrics.add_deltas(self._conn, **deltas.columns)
            if changes:
                settle_runs(self._conn, changes, names)
                count_runs(self._conn, namer)
            recount_fields(
                self._conn,
                held.runs,
                changes,
                settled.come,
                settled.ended,
                is_shared=self._is_shared,
            )
            queries.transactions.commit(self._conn)
            written = queries.replicas.written(self._conn)
        self._metric_names.remember(deltas.names, deltas.labels)
        return str(written.fetchall()[0]["lsn"])
