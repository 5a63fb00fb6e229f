"""Which runs, agents and tables other transactions hold, found without waiting for any."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import psycopg

from service.db.queries import Connection, queries
from service.ingest.rows import EventRow


@dataclass(frozen=True)
class LocksOfOthers:
    """What other transactions hold, and by which; what they inserted and lies open is not seen."""

    is_table_locked: bool = False
    runs: Mapping[str, str] = field(default_factory=dict)
    agents: Mapping[str, str] = field(default_factory=dict)
    known: Collection[str] = ()  # the runs that exist: events of theirs need no lock of an agent
    known_agents: Collection[str] = ()  # those that exist

    def in_the_way_of(self, rows: Iterable[EventRow]) -> frozenset[tuple[str, str]]:
        """The locks that a transaction with these rows would wait for, and who holds each."""
        runs = {row.run_id for row in rows}
        agents = {row.agent_name for row in rows if row.run_id not in self.known}
        return frozenset(
            (name, held[name])
            for names, held in ((runs, self.runs), (agents, self.agents))
            for name in names & held.keys()
        )


def find_locks(conn: Connection, rows: Collection[EventRow]) -> LocksOfOthers:
    """Look at the runs and agents of these rows, in a transaction that is rolled back."""
    try:
        return locks_now(conn, {row.run_id for row in rows}, {row.agent_name for row in rows})
    except psycopg.errors.LockNotAvailable:  # of a table, since
        return LocksOfOthers(is_table_locked=True)
    finally:
        if not conn.closed:
            conn.rollback()


def locks_now(conn: Connection, run_ids: Iterable[str], agents: Iterable[str]) -> LocksOfOthers:
    """Look at these runs and agents; the caller ends the transaction.

    It locks those that are free, agents first, for a moment, and waits for no row.
    """
    if any(row["is_locked"] for row in queries.transactions.locked_tables(conn)):
        return LocksOfOthers(is_table_locked=True)
    with conn.pipeline():
        of_agents = queries.agents.locked(conn, names=sorted(agents))
        of_runs = queries.runs.locked(conn, run_ids=sorted(run_ids))
    held = {str(row["run_id"]): row["held_by"] for row in of_runs}
    held_agents = {row["name"]: row["held_by"] for row in of_agents}
    return LocksOfOthers(
        runs={run_id: holder for run_id, holder in held.items() if holder is not None},
        agents={name: holder for name, holder in held_agents.items() if holder is not None},
        known=held.keys(),
        known_agents=held_agents.keys(),
    )
