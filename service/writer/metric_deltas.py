"""The metric deltas of new events: the arrays of metrics/add_deltas.

One delta per agent, quarter hour, type, model and tool of the events, with the latencies counted by
bucket. Only rows that are new may come here: a duplicate has been counted. The names are those
under which the events count: see service/metrics/metric_names.py.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from service.db.queries import Connection
from service.ingest.rows import EventRow
from service.metrics.latency_buckets import latency_bucket
from service.metrics.metric_names import (
    Labels,
    MetricNames,
    Name,
    counted,
    names_of,
    names_of_runs,
)
from service.writer.run_changes import Change, Rows, Runs
from service.writer.run_totals import EXACT, Column
from service.writer.settled import Settled

QUARTER_HOUR_MINUTES = 15
UP_TO_HOUR = len("2026-11-22T10")
MINUTES = (":00+00", ":15+00", ":30+00", ":45+00")
Key = tuple[str, str, str, str, str]  # the quarter hour, and the labels


class Delta:
    """The sums of the events of one key."""

    __slots__ = (
        "cache_write_tokens", "cached_tokens", "cost", "errors", "events", "latencies",
        "latency_us", "reasoning_tokens", "tokens_in", "tokens_out",
    )  # fmt: skip

    def __init__(self) -> None:
        self.events = self.errors = self.tokens_in = self.tokens_out = self.latency_us = 0
        self.cached_tokens = self.cache_write_tokens = self.reasoning_tokens = 0
        self.cost = Decimal(0)
        self.latencies: dict[int, int] = {}

    def add(self, row: EventRow) -> None:
        """Count one event."""
        self.events += 1
        self.errors += row.is_error
        self.tokens_in += row.tokens_in or 0
        self.tokens_out += row.tokens_out or 0
        if row.token_parts is not None:
            self.cached_tokens += row.token_parts.cached_tokens or 0
            self.cache_write_tokens += row.token_parts.cache_write_tokens or 0
            self.reasoning_tokens += row.token_parts.reasoning_tokens or 0
        if row.cost is not None:
            self.cost = EXACT.add(self.cost, Decimal(row.cost))
        if row.latency_us is not None:
            self.latency_us += row.latency_us
            bucket = latency_bucket(row.latency_us)
            self.latencies[bucket] = self.latencies.get(bucket, 0) + 1

    def merge(self, other: "Delta") -> None:
        """Add the sums of another key."""
        self.events += other.events
        self.errors += other.errors
        self.tokens_in += other.tokens_in
        self.tokens_out += other.tokens_out
        self.cached_tokens += other.cached_tokens
        self.cache_write_tokens += other.cache_write_tokens
        self.reasoning_tokens += other.reasoning_tokens
        self.latency_us += other.latency_us
        self.cost = EXACT.add(self.cost, other.cost)
        for bucket, events in other.latencies.items():
            self.latencies[bucket] = self.latencies.get(bucket, 0) + events

    def negate(self) -> None:
        """Turn the sign of all sums."""
        self.events, self.errors = -self.events, -self.errors
        self.tokens_in, self.tokens_out = -self.tokens_in, -self.tokens_out
        self.cached_tokens = -self.cached_tokens
        self.cache_write_tokens = -self.cache_write_tokens
        self.reasoning_tokens = -self.reasoning_tokens
        self.latency_us = -self.latency_us
        self.cost = self.cost.copy_negate()
        self.latencies = {bucket: -count for bucket, count in self.latencies.items()}


Deltas = dict[Key, Delta]


@dataclass(frozen=True)
class CountedDeltas:
    """The arrays of metrics/add_deltas, and what is to be remembered of their names."""

    columns: dict[str, Column]
    names: Mapping[Name, bool] = field(default_factory=dict)
    labels: Collection[Labels] = ()


def find_deltas(
    conn: Connection,
    known: MetricNames,
    settled: Settled,
    held: Runs,
    changes: Iterable[Change],
) -> CountedDeltas:
    """Sum what counts, and as another delta with the opposite sign what counted before.

    Adds the names of these rows, and of runs that move to another agent, to metric_names while
    there is room.
    """
    now, before = sums(settled.counted, held), sums(settled.before, held)
    labels = {key[1:] for key in now}
    labels.update(key[1:] for key in before)
    moved = {new.run_id: new.agent_name for old, new in changes if old.agent_name != new.agent_name}
    if known.are_plain(labels) and not moved:
        return CountedDeltas(added_and_taken(now, before))
    names = {name for one in labels for name in names_of(one)}
    if moved:
        names |= names_of_runs(conn, list(moved), list(moved.values()))
    counts = known.look_up(conn, names)
    now, before = by_counted_names(now, counts), by_counted_names(before, counts)
    return CountedDeltas(added_and_taken(now, before), counts, labels)


def added_and_taken(now: Deltas, before: Deltas) -> dict[str, Column]:
    """The arrays of what counts now, and of what counted before."""
    if not before:
        return as_columns(now)
    added, taken = as_columns(now), as_columns(before, is_taken=True)
    return {name: added[name] + taken[name] for name in added}


def sums(rows_by_run: Rows, held: Runs) -> Deltas:
    """Sum rows by agent of their locked run, quarter hour, type, model and tool."""
    found: Deltas = {}
    for run_id, rows in rows_by_run.items():
        agent_name = held[run_id].agent_name
        for row in rows:
            key = (quarter_hour(row), agent_name, row.event_type, row.model or "", row.tool or "")
            delta = found.get(key)
            if delta is None:
                delta = found[key] = Delta()
            delta.add(row)
    return found


def by_counted_names(found: Deltas, counts: Mapping[Name, bool]) -> Deltas:
    """The deltas by the names under which they count; `counts`: which names count as themselves."""
    if all(counts.values()):
        return found
    merged: defaultdict[Key, Delta] = defaultdict(Delta)
    for key, delta in found.items():
        merged[key[0], *counted(key[1:], counts)].merge(delta)
    return merged


def as_columns(found: Deltas, *, is_taken: bool = False) -> dict[str, Column]:
    """The arrays of metrics/add_deltas, with negative numbers for what is taken away."""
    if is_taken:
        for delta in found.values():
            delta.negate()
    return {
        "quarter_hours": [key[0] for key in found],
        "agent_names": [key[1] for key in found],
        "event_types": [key[2] for key in found],
        "models": [key[3] for key in found],
        "tools": [key[4] for key in found],
        "events": [str(delta.events) for delta in found.values()],
        "errors": [str(delta.errors) for delta in found.values()],
        "tokens_in": [str(delta.tokens_in) for delta in found.values()],
        "tokens_out": [str(delta.tokens_out) for delta in found.values()],
        "cached_tokens": [str(delta.cached_tokens) for delta in found.values()],
        "cache_write_tokens": [str(delta.cache_write_tokens) for delta in found.values()],
        "reasoning_tokens": [str(delta.reasoning_tokens) for delta in found.values()],
        "costs": [str(delta.cost) for delta in found.values()],
        "latencies_us": [str(delta.latency_us) for delta in found.values()],
        "latency_buckets": [as_array(delta.latencies.keys()) for delta in found.values()],
        "latency_counts": [as_array(delta.latencies.values()) for delta in found.values()],
    }


def quarter_hour(row: EventRow) -> str:
    """The start of the event's quarter hour in UTC, cut from its text: date_bin in SQL."""
    return row.timestamp_text[:UP_TO_HOUR] + MINUTES[row.timestamp.minute // QUARTER_HOUR_MINUTES]


def as_array(numbers: Iterable[int]) -> str:
    """Numbers as a PostgreSQL array literal."""
    return "{" + ",".join(map(str, numbers)) + "}"
