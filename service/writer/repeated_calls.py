"""Finds which calls of new spans count, and which stored calls count no longer.

The run is held. What is looked up is bounded: spans around the new calls by key, up to MOST_AROUND
in a transaction and MOST_AROUND_EACH more for each, the nearest first; and all events of a run of
up to MOST_READ, once a call comes around calls that are stored already, of all runs of a
transaction MOST_READ and MOST_READ_PER_SPAN more for each span that was sent, the smallest runs
first. A run keeps which spans its calls lack (`awaited_spans`), so that nothing is asked for other
spans, and these are not looked up. Siblings are found only among the spans of one transaction.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import msgspec

from service.db.queries import Connection, Row, queries
from service.ingest.rows import EventRow
from service.writer.call_graph import AGENT_END, CallGraph, repeats_among, span_of
from service.writer.reading_budget import ReadingBudget, pass_over
from service.writer.run_owner import RunState
from service.writer.stored_figures import (
    add_figures,
    called_span,
    read_figures,
    stored_row,
    stored_span,
)
from service.writer.waiting_events import arrived, ids_of

MOST_AWAITED = 1_000  # usually a few: the agents that have not ended yet
MOST_LOOK_UPS = 20  # of stored spans with new ones between them; usually one
MOST_AROUND = 500  # stored spans around the new ones of a transaction
MOST_AROUND_EACH = 20  # and so many more for each new one
MOST_SPANS = 20_000  # at most: half a second
MOST_READ = 2_000  # events of a run: some 20 ms
MOST_READ_PER_SPAN = 20  # and MOST_READ once: a late span is around a few others
MOST_READ_IN_ALL = 50_000  # events of all runs of a transaction: half a second


@dataclass
class RunCalls:
    """The new spans of one run, and what its calls change."""

    run: RunState
    is_new: bool  # nothing of the run was stored before
    rows: list[EventRow]
    has_late_usage: bool = False  # a span that was stored without usage has some now
    awaited: list[str] = field(default_factory=list)
    repeats: dict[str, str] = field(default_factory=dict)  # new events -> those that count
    uncounted: list[tuple[EventRow, str]] = field(default_factory=list)  # stored ones, likewise

    def __post_init__(self) -> None:
        self.graph = CallGraph()
        self.asked: set[str] = set()
        self.lacking: list[str] | None = None  # what is asked for at present
        self.unread: set[str] = set()  # spans that were not asked for, and may be stored
        self.calls = [row for row in self.rows if row.call is not None]
        self.arrived = arrived(self.run.awaited_spans, [row.event_id for row in self.rows])
        self.concerned = bool(self.calls or self.arrived)
        if self.concerned:
            self.awaited = ids_of(self.run.awaited_spans)
            self.graph.add_rows(self.rows)
            # The end of an agent that was open: its start was stored before.
            self.has_late_usage |= any(span_of(row) not in self.graph for row in self.calls)

    def to_look_up(self) -> list[str]:
        """The spans around the new ones that may be stored, and were not asked for before.

        Beyond a stored span there may be a new one, and stored ones again around that.
        """
        if self.is_new or not self.concerned:
            return []
        if self.lacking is None:
            outward = map(self.graph.around, chain(map(span_of, self.calls), self.arrived))
        else:
            outward = map(self.graph.from_span, self.lacking)
        lacking = {found.lacking for found in outward if found.lacking is not None}
        # Those that the run awaits are not stored.
        lacking.difference_update(self.asked, arrived(self.run.awaited_spans, lacking))
        self.lacking = sorted(lacking)
        return self.lacking

    def add_stored(self, asked: list[str], rows: Iterable[Row]) -> None:
        """Add what events/enclosing found for these spans."""
        self.asked.update(asked)
        for row in rows:
            span_id = str(row["event_id"])
            if span_id not in self.graph:
                self.graph.add(span_id, stored_span(row))
                if row["figures_id"] is not None:
                    self.graph.add_call(span_id, str(row["figures_id"]))
        self.graph.forget()

    @property
    def must_read_all(self) -> bool:
        """Whether a call has come around calls that are stored already."""
        if self.run.event_count > MOST_READ:
            return False
        return self.has_late_usage or any(
            self.graph.from_span(span_id).call is not None for span_id in self.arrived
        )

    def add_all(self, rows: list[Row]) -> None:
        """Add all events of the run, and find the calls that count no longer."""
        self.graph = CallGraph()
        self.unread.clear()
        new = {row.event_id for row in self.rows}
        calls: dict[str, Row] = {}
        for row in rows:
            event_id = str(row["event_id"])
            if row["event_type"] != AGENT_END:
                self.graph.add(event_id, stored_span(row))
            if event_id not in new and (span_id := called_span(row)) is not None:
                self.graph.add_call(span_id, event_id)
                calls[span_id] = row
        self.graph.add_rows(self.rows)
        for span_id, row in calls.items():
            found = self.graph.around(span_id)
            if found.call is not None and not row["is_repeat"]:
                counts = self.graph.figures_of(found.call)
                self.uncounted.append((stored_row(self.run, row), counts))
            elif found.lacking is not None:
                self.awaited.append(found.lacking)

    def decide(self) -> None:
        """Find which new calls repeat others, and what the run awaits."""
        if not self.concerned:
            return
        outermost = []
        for row in self.calls:
            span_id = span_of(row)
            found = self.graph.around(span_id)
            if found.call is not None:
                self.repeats[row.event_id] = self.graph.figures_of(found.call)
            else:
                parent = self.graph.parent_of(span_id)
                if parent is not None:
                    outermost.append((parent, row))
            if found.lacking is not None:
                self.awaited.append(found.lacking)
        siblings = repeats_among(outermost) if len(outermost) > 1 else {}
        if siblings:
            self.repeats = {one: siblings.get(other, other) for one, other in self.repeats.items()}
            self.repeats |= siblings
        lacking = (self.graph.from_span(span_id).lacking for span_id in self.arrived)
        self.awaited += [span_id for span_id in lacking if span_id is not None]
        if self.awaited:
            arrived = {row.event_id for row in self.rows}
            self.awaited = sorted(set(self.awaited) - arrived - self.unread)[:MOST_AWAITED]


def find_repeats(conn: Connection, runs: list[RunCalls], *, is_shared: bool) -> None:
    """Decide for each run which of its calls count."""
    runs = sorted(runs, key=lambda each: each.run.event_count)
    look_up_around(conn, runs, is_shared=is_shared)
    sent = sum(len(calls.rows) for calls in runs)
    most = min(MOST_READ + MOST_READ_PER_SPAN * sent, MOST_READ_IN_ALL)
    budget = ReadingBudget(most, is_shared=is_shared)
    read = [
        calls
        for calls in runs
        if calls.concerned and calls.must_read_all and budget.take(calls.run.event_count)
    ]
    for group in in_groups(read):
        figures = read_figures(conn, (calls.run for calls in group))
        for calls in group:
            calls.add_all(figures.get(calls.run.run_id, []))
    for calls in runs:
        calls.decide()


def look_up_around(conn: Connection, runs: list[RunCalls], *, is_shared: bool) -> None:
    """Find stored spans around the new ones, of all runs together."""
    room = MOST_SPANS
    for number in range(MOST_LOOK_UPS):
        lacking = [(calls, span_id) for calls in runs for span_id in calls.to_look_up()]
        if number == 0:
            room = min(room, MOST_AROUND + MOST_AROUND_EACH * len(lacking))
        asking = lacking[:room]
        if not asking:
            break
        asked: dict[str, list[str]] = {}
        for calls, span_id in asking:
            asked.setdefault(calls.run.run_id, []).append(span_id)
        rows = queries.events.enclosing(
            conn,
            received_ons=[str(calls.run.received_on) for calls, _ in asking],
            run_ids=[calls.run.run_id for calls, _ in asking],
            event_ids=[span_id for _, span_id in asking],
            span_limit=str(room),
        )
        found: dict[str, list[Row]] = {}
        add_figures(found, rows)
        room -= rows.rowcount
        if room <= 0:
            pass_over(is_shared=is_shared)
        for calls in runs:
            run_id = calls.run.run_id
            if run_id in asked:
                calls.add_stored(asked[run_id], found.get(run_id, []))
    for calls in runs:
        calls.unread = set(calls.to_look_up())


def in_groups(runs: list[RunCalls]) -> Iterator[list[RunCalls]]:
    """Runs that are read together: of up to MOST_READ events in all."""
    group: list[RunCalls] = []
    events = 0
    for calls in runs:
        if events + calls.run.event_count > MOST_READ:
            yield group
            group, events = [], 0
        group.append(calls)
        events += calls.run.event_count
    if group:
        yield group


def uncounted(row: EventRow, counts: str) -> EventRow:
    """A call whose figures count elsewhere, in the event `counts`: its data keep them."""
    return msgspec.structs.replace(
        row,
        tokens_in=None,
        tokens_out=None,
        token_parts=None,
        cost=None,
        cost_source=None,
        priced_as=None,
        repeats=counts,
    )
