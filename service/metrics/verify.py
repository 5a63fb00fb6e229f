"""Verify and repair: recompute metrics and run totals from events, in one snapshot."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import psycopg
from psycopg.types.json import set_json_loads

from service.core.failure import Failure
from service.core.progress import progress
from service.db.connections import connect
from service.db.queries import Connection, Row, is_distributed, queries
from service.db.session_settings import READ
from service.metrics.fold import QUARTER_HOUR_DAYS, connect_for_folds, fold_deltas
from service.metrics.metric_names import look_up, names_of_runs

RUNS_PER_STATEMENT = 1_000
AGENTS_PER_STATEMENT = 500  # of few events: a statement alone takes milliseconds
EVENTS_PER_STATEMENT = 100_000  # of several agents; one of more has a statement for itself
# No statement timeout, because one snapshot lasts for all; plans that fit each agent's size.
SETTINGS = READ | {"statement_timeout": "0", "plan_cache_mode": "force_custom_plan"}


@dataclass(frozen=True)
class Difference:
    """A stored value that differs from its recount."""

    relation: str
    key: dict[str, Any]
    field: str
    stored: Any
    counted: Any


def verify(url: str, agent_name: str | None = None) -> list[Difference]:
    """Compare stored metrics and totals with a recount; show progress on a terminal."""
    with connect(url, SETTINGS, "verify") as conn:
        set_json_loads(
            partial(json.loads, parse_float=Decimal), conn
        )  # to tell 0.1 from 0.1 + 1e-20
        queries.verify.lock_events(conn)
        agents = find_agents(conn, agent_name)
        found: list[Difference] = []
        with progress(sum(agents.values()), "events") as advance:
            for names in groups(agents):
                found += differences(queries.verify.agent_runs(conn, agent_names=names))
                found += differences(queries.verify.agent_metrics(conn, agent_names=names))
                advance(sum(agents[name] for name in names))
        if agent_name is None:
            found += differences(too_far(conn))
            found += differences(queries.verify.rollups(conn))
            found += differences(queries.verify.orphans(conn))
        found += differences(queries.verify.error_fingerprints(conn, agent_name=agent_name))
        return found


def find_agents(conn: Connection, agent_name: str | None) -> dict[str, int]:
    """The agents to verify with their event counts; raise Failure for an unknown name."""
    events = {row["agent_name"]: row["events"] for row in queries.verify.agents(conn)}
    if agent_name is None:
        return events
    if agent_name not in events:
        raise Failure(f"there is no agent {agent_name!r} with runs or metrics")
    return {agent_name: events[agent_name]}


def groups(agents: Mapping[str, int]) -> Iterator[list[str]]:
    """The agents in groups for one statement each: as many as have few events together."""
    group: list[str] = []
    events = 0
    for name, count in agents.items():
        if group and (len(group) == AGENTS_PER_STATEMENT or events + count > EVENTS_PER_STATEMENT):
            yield group
            group, events = [], 0
        group.append(name)
        events += count
    if group:
        yield group


def differences(rows: Iterable[Row]) -> Iterator[Difference]:
    """The differing fields of rows of sql/verify/."""
    for row in rows:
        for field, stored in row["stored"].items():
            if stored != row["counted"][field]:
                yield Difference(row["relation"], row["key"], field, stored, row["counted"][field])


def too_far(conn: Connection) -> list[Row]:
    """Whether a clock that was ahead has moved the first quarter hour that is kept."""
    return queries.verify.quarter_hours_from(conn, days=QUARTER_HOUR_DAYS).fetchall()


def repair(url: str, found: list[Difference]) -> None:
    """Correct the runs that differ from their events, then rebuild all metrics from the runs.

    Names that are missing in metric_names are added before, where there is room for them.
    """
    runs = {difference.key["run_id"] for difference in found if difference.relation == "runs"}
    of_errors = {one.key["run_id"] for one in found if one.field == "error_fingerprint"}
    is_too_far = any(one.field == "quarter_hours_from" for one in found)
    with connect_for_folds(url) as conn:
        conn.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        for run_id in sorted(runs):
            with conn.transaction():
                queries.runs.hold(conn, run_ids=[run_id], longest=0)
                queries.verify.recount_run(conn, run_id=run_id)
                queries.runs.recount_fields(conn, run_ids=[run_id])
        for run_id in sorted(of_errors):
            with conn.transaction():
                queries.runs.hold(conn, run_ids=[run_id], longest=0)
                queries.verify.set_error_fingerprints(conn, run_id=run_id)
        add_names(conn)
        if not is_distributed(conn):  # Citus takes the snapshot before the lock is there
            conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        while True:
            try:
                rebuild(conn, sets_back=is_too_far)
            except (psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable):
                continue  # somebody folded as it began, or removes old events
            return


def add_names(conn: Connection) -> None:
    """Add the names of all runs that are not in metric_names, as the writers do."""
    for chunk in chunks(all_runs(conn), RUNS_PER_STATEMENT):
        with conn.transaction():
            look_up(conn, names_of_runs(conn, chunk))


def rebuild(conn: Connection, *, sets_back: bool = False) -> None:
    """Recount every run and the retired metrics into empty metric tables, in one transaction.

    Safe during ingest: deltas after its snapshot remain and are folded later. On Citus, which has
    no snapshot across nodes, ingest waits meanwhile. `sets_back`: from a first quarter hour that is
    not too far ahead of the clock; retention waits.
    """
    with conn.transaction():
        if sets_back:
            queries.verify.hold_retired(conn)
        queries.verify.lock_events(conn)
        if is_distributed(conn):
            queries.verify.stop_writing(conn)
        queries.refresh.begin_fold(conn)
        for row in too_far(conn) if sets_back else ():
            queries.verify.set_quarter_hours_from(conn, **row["counted"])
        queries.verify.clear_metrics(conn)
        queries.refresh.delete_deltas(conn)
        run_ids = all_runs(conn)
        with progress(len(run_ids), "runs") as advance:
            for chunk in chunks(run_ids, RUNS_PER_STATEMENT):
                queries.metrics.add_run_deltas(conn, run_ids=chunk, sign=1)
                advance(len(chunk))
        queries.metrics.add_run_deltas(conn, sign=1)
        fold_deltas(conn)
    queries.refresh.vacuum_deltas(conn)


def all_runs(conn: Connection) -> list[str]:
    """The ids of all runs."""
    return [str(row["run_id"]) for row in queries.verify.run_ids(conn)]


def chunks(items: list[str], size: int) -> Iterator[list[str]]:
    """Split the items into chunks."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
