"""Which spans of a run are one call of a model: what the call used counts once.

Two instrumentations may watch the same call, and a wrapper may repeat what its client says. Of a
call with usage inside another one the outermost counts, however many spans lie in between. A tool
that a call runs is work of its own: the look outward ends there. Of siblings the first one counts,
where they overlap in time and have the same response id, or the same model and tokens and come
from two instrumentations. An agent's own figures are never counted, so they repeat nothing.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from service.ingest.rows import Call, EventRow
from service.prices.model_names import undated

MOST_SCOPES = 4  # instrumentations that watch the same calls
TOOL_CALL, AGENT_END = "tool_call", "agent_end"


class Node(Protocol):
    """A span in the graph."""

    @property
    def parent_event_id(self) -> str | None:
        """The span around it."""

    @property
    def event_type(self) -> str:
        """Its type."""


class StoredSpan(NamedTuple):
    """A span that was stored before."""

    parent_event_id: str | None
    event_type: str


class Outward(NamedTuple):
    """What lies around a span: the outermost call with usage, and the first lacking span."""

    call: str | None = None
    lacking: str | None = None


NOTHING = Outward()


class CallGraph:
    """The spans of one run, as far as they are known, by the ids of their events."""

    def __init__(self) -> None:
        self._spans: dict[str, Node] = {}
        self._figures: dict[
            str, str
        ] = {}  # of the spans that are calls: the event with the figures
        self._outward: dict[str, Outward] = {}

    def __contains__(self, span_id: str) -> bool:
        return span_id in self._spans

    def add(self, span_id: str, span: Node) -> None:
        """Add a span that was stored before; new ones come later and replace it."""
        self._spans[span_id] = span

    def add_call(self, span_id: str, figures_id: str) -> None:
        """Note that a span is a call with usage, which the event of `figures_id` says."""
        self._figures[span_id] = figures_id

    def add_rows(self, rows: Iterable[EventRow]) -> None:
        """Add new spans."""
        for row in rows:
            if row.event_type != AGENT_END:
                self._spans[row.event_id] = row
            if row.call is not None:
                self._figures[span_of(row)] = row.event_id

    def forget(self) -> None:
        """Forget what was found out, because spans were added."""
        self._outward.clear()

    def parent_of(self, span_id: str) -> str | None:
        """The span around a span."""
        span = self._spans.get(span_id)
        return None if span is None else span.parent_event_id

    def figures_of(self, span_id: str) -> str:
        """The event with the figures of a call."""
        return self._figures[span_id]

    def around(self, span_id: str) -> Outward:
        """What lies around a span; on a cycle of parents a call does not lie in itself."""
        if span_id not in self._spans:
            return Outward(lacking=span_id)
        parent = self._spans[span_id].parent_event_id
        found = NOTHING if parent is None else self.from_span(parent)
        return NOTHING if found.call == span_id else found

    def from_span(self, span_id: str) -> Outward:
        """What lies from a span outward, itself included; each span is visited once."""
        path: list[str] = []
        at: str | None = span_id
        while at is not None and at not in self._outward:
            span = self._spans.get(at)
            if span is None:
                self._outward[at] = Outward(lacking=at)
                break
            self._outward[at] = NOTHING  # ends the walk at a tool, and on a cycle of parents
            if span.event_type == TOOL_CALL:
                break
            path.append(at)
            at = span.parent_event_id
        found = NOTHING if at is None else self._outward[at]
        for visited in reversed(path):
            if found.call is None and visited in self._figures:
                found = Outward(visited, found.lacking)
            self._outward[visited] = found
        return found


def span_of(row: EventRow) -> str:
    """The id of the event that stands for a row's span: an agent's end follows its start."""
    if row.event_type == AGENT_END and row.previous_event_id is not None:
        return row.previous_event_id
    return row.event_id


class Sibling(NamedTuple):
    """A call among those with the same parent, to be sorted by its time."""

    began: datetime
    less_latency_us: int  # of two that begin together the longer one is first
    tie: int
    row: EventRow
    call: Call

    @property
    def ended(self) -> datetime:
        """When the call ended."""
        return self.began - timedelta(microseconds=self.less_latency_us)

    def overlaps(self, other: "Sibling") -> bool:
        """Whether both ran at some moment."""
        return self.began == other.began or (
            max(self.began, other.began) < min(self.ended, other.ended)
        )


def sibling(row: EventRow, call: Call) -> Sibling:
    """A call with its time."""
    latency_us = row.latency_us or 0
    began = row.timestamp - timedelta(microseconds=latency_us if row.stamped_at_end else 0)
    return Sibling(began, -latency_us, row.tie, row, call)


def repeats_among(calls: Iterable[tuple[str, EventRow]]) -> dict[str, str]:
    """The calls, given with their parents, that repeat a sibling: the ids of both."""
    by_parent: Mapping[str, list[tuple[EventRow, Call]]] = defaultdict(list)
    for parent, row in calls:
        if row.call is not None:
            by_parent[parent].append((row, row.call))
    repeats: dict[str, str] = {}
    for group in by_parent.values():
        if may_repeat([call for _, call in group]):
            siblings = [sibling(row, call) for row, call in group]
            siblings.sort(key=lambda each: (*each[:3], each.row.event_id))
            repeats |= with_response_id(siblings)
            left = [each for each in siblings if each.row.event_id not in repeats]
            repeats |= of_two_scopes(left)
    return repeats


def may_repeat(calls: list[Call]) -> bool:
    """Whether one of the calls may repeat another one, whatever their times."""
    if len(calls) < 2:
        return False
    response_ids = [call.response_id for call in calls if call.response_id is not None]
    return len(response_ids) > len(set(response_ids)) or len({call.scope for call in calls}) > 1


def with_response_id(siblings: list[Sibling]) -> dict[str, str]:
    """Those that overlap an earlier one with the same response id.

    One that counts overlaps no other, and begins after them: only the last one may go on.
    """
    repeats: dict[str, str] = {}
    counted: dict[str, Sibling] = {}
    for each in siblings:
        response_id = each.call.response_id
        if response_id is None:
            continue
        last = counted.get(response_id)
        if last is None or not last.overlaps(each):
            counted[response_id] = each
        else:
            repeats[each.row.event_id] = last.row.event_id
    return repeats


def of_two_scopes(siblings: list[Sibling]) -> dict[str, str]:
    """Those that overlap an equal one of another scope; a call stands for one of each scope."""
    scopes = list(dict.fromkeys(each.call.scope for each in siblings))[:MOST_SCOPES]
    if len(scopes) < 2:
        return {}
    repeats: dict[str, str] = {}
    # By what is equal and a scope: the calls that count and stand for none of that scope, in order.
    lacking: dict[tuple[object, ...], deque[Sibling]] = defaultdict(deque)
    for each in siblings:
        row, scope = each.row, each.call.scope
        if scope not in scopes:
            continue
        alike = (undated(row.model), row.tokens_in, row.tokens_out)
        candidates = lacking[*alike, scope]
        while candidates and not candidates[0].overlaps(each):
            candidates.popleft()  # it has ended before this one began, and the rest begins later
        if candidates:
            repeats[row.event_id] = candidates.popleft().row.event_id
        else:
            for other in scopes:
                if other != scope:
                    lacking[*alike, other].append(each)
    return repeats
