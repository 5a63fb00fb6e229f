"""Settled: what the new rows of a transaction count for, and the stored events that they change.

A span is replaced by its ended version, once. A call that turns out to repeat another one counts no
more. Both take away what the stored event counted for, and add what it counts for now.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain

import msgspec

from service.db.queries import Connection, queries
from service.ingest.rows import EventRow, TokenParts
from service.writer.call_graph import span_of
from service.writer.repeated_calls import (
    RunCalls,
    find_repeats,
    uncounted,
)
from service.writer.run_changes import Rows, Runs
from service.writer.run_owner import RunState
from service.writer.stored_figures import keys_of, read_some_figures, stored_row
from service.writer.waiting_events import changed_list

MICROSECOND = timedelta(microseconds=1)
NO_PARTS = TokenParts()


@dataclass
class Settled:
    """Rows by run. Those of `new` are to be stored, those of `ended` replace stored ones."""

    new: Rows = field(default_factory=dict)
    ended: Rows = field(default_factory=dict)
    uncounted: dict[str, list[tuple[EventRow, str]]] = field(default_factory=dict)
    before: Rows = field(default_factory=dict)  # what the changed events counted for
    awaited: dict[str, str | None] = field(default_factory=dict)  # arrays, where they change

    @property
    def come(self) -> Rows:
        """What the requests bring: new rows, and ended versions."""
        if not self.ended:
            return self.new
        return {
            run_id: self.new.get(run_id, []) + self.ended.get(run_id, [])
            for run_id in sorted(self.new.keys() | self.ended.keys())
        }

    @property
    def counted(self) -> Rows:
        """What counts now: all that has come, and the changed events."""
        if not self.uncounted:
            return self.come
        return {
            run_id: rows + [uncounted(*pair) for pair in self.uncounted.get(run_id, ())]
            for run_id, rows in self.come.items()
        }

    def without(self, run_ids: Collection[str]) -> Rows:
        """What the requests bring to other runs than these."""
        return {run_id: rows for run_id, rows in self.come.items() if run_id not in run_ids}

    def change_stored(self, conn: Connection, held: Runs) -> None:
        """Change the stored events, where there are any to change."""
        if not self.before:
            return
        with conn.pipeline():
            if self.ended:
                replace_events(conn, held, list(chain.from_iterable(self.ended.values())))
            if self.uncounted:
                uncount(conn, held, list(chain.from_iterable(self.uncounted.values())))


def settle(
    conn: Connection,
    held: Runs,
    added: Collection[str],
    rows: Rows,
    ended: Rows,
    *,
    is_shared: bool,
) -> Settled:
    """Find what counts. The runs are held; `added` are those that this transaction made.

    `rows` are new, `ended` are ended versions of spans that are stored open.
    """
    settled = Settled(rows)
    late = replace_open(conn, held, ended, settled) if ended else frozenset[str]()
    runs = [
        RunCalls(held[run_id], run_id in added, of_run, run_id in late)
        for run_id, of_run in settled.come.items()
        if may_repeat(held[run_id], of_run)
    ]
    find_repeats(conn, runs, is_shared=is_shared)
    for calls in runs:
        run_id = calls.run.run_id
        if calls.concerned:
            stored = calls.run.awaited_spans
            settled.awaited[run_id] = changed_list(calls.run, stored, calls.awaited)
        if calls.repeats:
            mark(settled.new, run_id, calls.repeats)
            mark(settled.ended, run_id, calls.repeats)
        if calls.uncounted:
            settled.uncounted[run_id] = calls.uncounted
            settled.before.setdefault(run_id, []).extend(row for row, _ in calls.uncounted)
    return settled


def may_repeat(run: RunState, rows: Iterable[EventRow]) -> bool:
    """Whether some of the rows are calls of a model, or spans that calls of the run lack."""
    return bool(run.awaited_spans) or any(row.call is not None for row in rows)


def mark(rows: Rows, run_id: str, repeats: dict[str, str]) -> None:
    """Replace rows by others that do not count."""
    if run_id in rows:
        rows[run_id] = [
            uncounted(row, repeats[row.event_id]) if row.event_id in repeats else row
            for row in rows[run_id]
        ]


def replace_open(conn: Connection, held: Runs, ended: Rows, settled: Settled) -> frozenset[str]:
    """Set the ended versions of open spans; return the runs in which one has usage only now."""
    late = set()
    figures = read_some_figures(conn, held, ended)
    for run_id, rows in ended.items():
        before = {str(row["event_id"]): stored_row(held[run_id], row) for row in figures[run_id]}
        settled.before[run_id] = list(before.values())
        settled.ended[run_id] = [as_ended(row, before[row.event_id]) for row in rows]
        late_calls = (row for row in rows if row.call and not has_usage(before[row.event_id]))
        # The usage of an agent is its end's, which is new.
        ends = (row for row in settled.new.get(run_id, ()) if row.call and span_of(row) in before)
        if any(chain(late_calls, ends)):
            late.add(run_id)
    return frozenset(late)


def has_usage(row: EventRow) -> bool:
    """Whether an event counts for tokens or a cost."""
    return bool(row.tokens_in or row.tokens_out or (row.cost and row.cost != "0"))


def as_ended(row: EventRow, stored: EventRow) -> EventRow:
    """The ended version of a span, which began when the stored one says.

    A root may be named only in the end; the name of others may be that of a span around them.
    """
    is_root = row.is_of_ended_agent and not row.awaits_parent
    latency_us = row.latency_us
    if latency_us is not None:
        latency_us = max(0, latency_us + (row.timestamp - stored.timestamp) // MICROSECOND)
    return msgspec.structs.replace(
        row,
        agent_name=row.agent_name if is_root else stored.agent_name,
        timestamp=stored.timestamp,
        timestamp_text=stored.timestamp_text,
        tie=stored.tie,
        latency_us=latency_us,
    )


def uncount(conn: Connection, held: Runs, pairs: list[tuple[EventRow, str]]) -> None:
    """Let stored calls count no more; beside each, the event that counts."""
    queries.events.uncount(
        conn,
        **keys_of((row for row, _ in pairs), held),
        repeats=[counts for _, counts in pairs],
    )


def replace_events(conn: Connection, held: Runs, rows: list[EventRow]) -> None:
    """Store ended versions in place of open ones."""

    def texts(value: Callable[[EventRow], object]) -> list[str | None]:
        found: Iterable[object] = map(value, rows)
        return [None if each is None else str(each) for each in found]

    queries.events.replace(
        conn,
        **keys_of(rows, held),
        agent_names=[row.agent_name for row in rows],
        event_types=[row.event_type for row in rows],
        models=[row.model for row in rows],
        tools=[row.tool for row in rows],
        tokens_in=texts(lambda row: row.tokens_in),
        tokens_out=texts(lambda row: row.tokens_out),
        cached_tokens=texts(lambda row: (row.token_parts or NO_PARTS).cached_tokens),
        cache_write_tokens=texts(lambda row: (row.token_parts or NO_PARTS).cache_write_tokens),
        reasoning_tokens=texts(lambda row: (row.token_parts or NO_PARTS).reasoning_tokens),
        costs=[row.cost for row in rows],
        cost_sources=[row.cost_source for row in rows],
        latencies_us=texts(lambda row: row.latency_us),
        is_errors=texts(lambda row: row.is_error),
        fingerprints=texts(lambda row: row.error_fingerprint),
        priced_as=[row.priced_as for row in rows],
        repeats=[row.repeats for row in rows],
        datas=[row.data.decode() for row in rows],
    )
