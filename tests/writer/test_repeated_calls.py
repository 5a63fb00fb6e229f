"""One call counts once, in whatever order and requests its spans come."""

import json
import os
import random
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from service.db.connections import connect
from service.db.queries import Connection, as_text, queries
from service.db.session_settings import WRITE
from service.ingest.otlp.batch import parse_spans
from service.ingest.otlp.span import END, SPAN, event_id_of
from service.metrics.verify import verify
from service.writer import repeated_calls
from service.writer.call_graph import Sibling, repeats_among
from tests.client import Client
from tests.events import differences
from tests.ingest.otlp.spans import (
    MEGABYTE,
    PROTOBUF,
    new_span_id,
    new_trace,
    post,
    request,
    run_of,
    send,
    span,
)
from tests.sql.test_joins_of_lists import nodes

KINDS = {
    "agent": {"gen_ai.operation.name": "invoke_agent"},
    "chain": {"openinference.span.kind": "CHAIN"},
    "tool": {"gen_ai.operation.name": "execute_tool"},
    "call": {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"},
}
MOST_SPANS = 7
STORED_REPEATS = """
SELECT count(*) AS calls, sum(pg_column_size(e.data))::bigint AS bytes,
       bool_or(e.data ? 'repeats') AS are_marked
  FROM events AS e
 WHERE e.repeats IS NOT NULL
"""
ENCLOSING = queries.events.enclosing
Attributes = dict[str, Any]


def usage(tokens: int, cost: float | None = None) -> Attributes:
    """What a call used."""
    said: Attributes = {
        "gen_ai.usage.input_tokens": tokens,
        "gen_ai.usage.cache_read.input_tokens": tokens // 2,
        "gen_ai.usage.output_tokens": 1,
    }
    return said if cost is None else {**said, "gen_ai.usage.cost": cost}


def figures(client: Client, trace: bytes) -> tuple[int, int, float]:
    """What a run counted, and the same by its agent's metrics."""
    run = client.run(run_of(trace))
    return run["tokens_in"], run["tokens_out"], run["total_cost"]


def events_of(client: Client, trace: bytes) -> dict[str, Attributes]:
    """The stored events of a trace by id."""
    found = client.ok(f"/api/runs/{run_of(trace)}/timeline")["events"]
    return {event["event_id"]: event for event in found}


def event_of(client: Client, trace: bytes, span_id: bytes, role: str = SPAN) -> Attributes:
    """The stored event of a span."""
    return events_of(client, trace)[event_id_of(trace.hex(), span_id.hex(), role)]


@dataclass
class Part:
    """A span of a made-up trace; `parent` is the number of one, -1 of one that never comes."""

    number: int
    parent: int | None
    kind: str
    tokens: int
    open_first: bool | None  # whether an open version is sent too, and whether it has the usage

    def span(self, trace: bytes, *, is_open: bool = False) -> Span:
        """The span, or its version from before it ended."""
        has_usage = self.tokens and (not is_open or self.open_first)
        said = {**KINDS[self.kind], **(usage(self.tokens, self.tokens / 8) if has_usage else {})}
        made = span(
            trace,
            span_id=self.id_of(self.number),
            parent=b"" if self.parent is None else self.id_of(self.parent),
            at=self.number,
            seconds=30 - self.number,
            attributes=said,
        )
        if is_open:
            made.end_time_unix_nano = 0
        return made

    @staticmethod
    def id_of(number: int) -> bytes:
        """The id of a span."""
        return bytes([number + 2]) * 8


@st.composite
def traces(draw: st.DrawFn) -> list[Part]:
    """A tree of spans; some of their parents never come."""
    parts = []
    for number in range(draw(st.integers(2, MOST_SPANS))):
        parents = st.integers(max(-1, number - 3), number - 1) if number else st.none()
        kind = draw(st.sampled_from(["call", "call", "call", "chain", "agent", "tool"]))
        tokens = draw(st.sampled_from([0, 1, 1])) << number + 3 if kind == "call" else 0
        opened = draw(st.sampled_from([None, None, True, False])) if kind != "agent" else None
        parts.append(Part(number, draw(parents), kind, tokens, opened))
    return parts


def counted(parts: list[Part]) -> int:
    """The tokens of the calls that lie in no other call with usage, tools apart."""

    def is_inside(part: Part) -> bool:
        while part.parent is not None and part.parent >= 0:
            part = parts[part.parent]
            if part.kind == "tool":
                return False
            if part.tokens:
                return True
        return False

    return sum(part.tokens for part in parts if part.tokens and not is_inside(part))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(  # an open root that is a call ends around one that is stored
    parts=[Part(0, None, "call", 8, True), Part(1, 0, "call", 16, None)], seed=0, size=1
)
@given(parts=traces(), seed=st.integers(0, 2**32), size=st.integers(1, 6))
def test_any_order_and_any_requests_count_each_call_once(
    client: Client, conn: Connection, database_url: str, parts: list[Part], seed: int, size: int
) -> None:
    trace, rng = os.urandom(16), random.Random(seed)  # hypothesis repeats the numbers of `random`
    spans = [part.span(trace) for part in parts]
    spans += [part.span(trace, is_open=True) for part in parts if part.open_first is not None]
    spans += rng.sample(spans, rng.randint(0, 2))  # sent again
    rng.shuffle(spans)
    while spans:
        send(client, *spans[:size])
        del spans[:size]
    tokens = counted(parts)
    found_in, _, cost = figures(client, trace)
    assert (found_in, cost) == (tokens, tokens / 8)
    assert differences(conn) == []
    assert verify(database_url) == []


def nested(trace: bytes) -> list[Span]:
    """An agent whose usage is no call, and in it a wrapper, a chain, and the call itself."""
    agent, wrapper, chain, call = (bytes([n]) * 8 for n in (1, 2, 3, 4))
    return [
        span(trace, "agent", span_id=agent, seconds=9, attributes=KINDS["agent"] | usage(100)),
        span(
            trace,
            "wrapper",
            span_id=wrapper,
            parent=agent,
            seconds=8,
            attributes=KINDS["call"] | usage(100, 0.5),
        ),
        span(trace, "chain", span_id=chain, parent=wrapper, attributes=KINDS["chain"]),
        span(
            trace, "call", span_id=call, parent=chain, attributes=KINDS["call"] | usage(100, 0.25)
        ),
    ]


@pytest.mark.parametrize("size", [1, 2, 4])
def test_every_order_gives_the_same_events_and_totals(
    client: Client, conn: Connection, database_url: str, size: int
) -> None:
    for order in permutations(range(4)):
        trace = new_trace()
        spans = nested(trace)
        for start in range(0, 4, size):
            send(client, *(spans[number] for number in order[start : start + size]))
        assert figures(client, trace) == (100, 1, 0.5), order
        wrapper, call = (event_of(client, trace, bytes([n]) * 8) for n in (2, 4))
        assert (wrapper["tokens_in"], wrapper["cost"], wrapper["cost_source"]) == (
            100,
            0.5,
            "client",
        )
        assert "counted" not in wrapper["data"]
        assert (call["tokens_in"], call["tokens_out"], call["cost"]) == (None, None, None)
        assert (call["model"], call["cost_source"]) == ("m", None)
        marks = {key: call["data"][key] for key in ("counted", "repeats", "tokens_in", "cost")}
        assert marks == {
            "counted": False,
            "repeats": wrapper["event_id"],
            "tokens_in": 100,
            "cost": 0.25,
        }
    models = client.ok("/api/metrics/models?from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z")
    [model] = [found for found in models if found["model"] == "m"]
    assert (model["tokens_in"], model["cost"]) == (2400, 12)
    assert differences(conn) == []
    assert verify(database_url) == []


def test_a_root_that_is_a_call_counts_for_those_inside(client: Client) -> None:
    root, inner = new_span_id(), new_span_id()
    for together in (True, False):
        trace = new_trace()
        spans = [
            span(trace, span_id=inner, parent=root, attributes=KINDS["call"] | usage(100)),
            span(trace, span_id=root, attributes=KINDS["call"] | usage(100)),
        ]
        for batch in [spans] if together else [[one] for one in spans]:
            send(client, *batch)
        assert figures(client, trace)[0] == 100
        repeats = event_of(client, trace, inner)["data"]["repeats"]
        assert repeats == event_of(client, trace, root, END)["event_id"]


def test_a_tool_that_a_call_runs_makes_calls_of_its_own(client: Client) -> None:
    trace = new_trace()
    outer, tool = new_span_id(), new_span_id()
    send(
        client,
        span(trace, span_id=outer, parent=b"\1" * 8, attributes=KINDS["call"] | usage(100)),
        span(trace, span_id=tool, parent=outer, attributes=KINDS["tool"]),
        span(trace, parent=tool, attributes=KINDS["call"] | usage(7)),
    )
    assert figures(client, trace)[0] == 107


def test_a_call_without_figures_counts_for_nothing(client: Client) -> None:
    trace, outer = new_trace(), new_span_id()
    nothing = {"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0}
    send(
        client,
        span(trace, span_id=outer, parent=b"\1" * 8, attributes=KINDS["call"] | nothing),
        span(trace, parent=outer, attributes=KINDS["call"] | usage(100)),
    )
    assert figures(client, trace)[0] == 100


def test_parents_in_a_cycle_do_not_hide_each_other(client: Client) -> None:
    one, other = new_span_id(), new_span_id()
    for together in (True, False):
        trace = new_trace()
        spans = [
            span(trace, span_id=one, parent=other, attributes=KINDS["call"] | usage(100)),
            span(trace, span_id=other, parent=one, attributes=KINDS["call"] | usage(100)),
        ]
        for batch in [spans] if together else [[sent] for sent in spans]:
            send(client, *batch)
        assert figures(client, trace)[0] == 100


# A scope, a response id, tokens, and from when on for a second: beside the call of "a" from 0 on.
SIBLINGS: dict[str, tuple[tuple[str, str | None, int, float], int]] = {
    "the same response": (("b", "r", 100, 0.5), 100),
    "the same response by the same instrumentation": (("a", "r", 100, 0.5), 100),
    "the same response, counted otherwise": (("b", "r", 99, 0.5), 100),
    "the same response, but later: a mock": (("a", "r", 100, 5), 200),
    "equal, of two instrumentations": (("b", None, 100, 0.5), 100),
    "equal, of one instrumentation": (("a", None, 100, 0.5), 200),
    "equal, of two instrumentations, but later": (("b", None, 100, 5), 200),
    "of two instrumentations, not equal": (("b", None, 99, 0.5), 199),
}


def sent_with_scopes(client: Client, spans: list[tuple[str, Span]]) -> None:
    """Send spans in one request, each with its scope."""
    body = request()
    [group] = body.resource_spans
    del group.scope_spans[:]
    for scope, one in spans:
        part = group.scope_spans.add()
        part.scope.name = scope
        part.spans.append(one)
    assert post(client, body.SerializeToString(), PROTOBUF).content == b""


@pytest.mark.parametrize("case", SIBLINGS)
@pytest.mark.parametrize("turned", [False, True])
def test_siblings(client: Client, case: str, turned: bool) -> None:
    (scope, response_id, tokens, at), total = SIBLINGS[case]
    trace, parent = new_trace(), new_span_id()

    def call(response_id: str | None, tokens: int, at: float) -> Span:
        said = KINDS["call"] | usage(tokens)
        if response_id:
            said["gen_ai.response.id"] = response_id
        return span(trace, parent=parent, at=at, attributes=said)

    spans = [
        ("a", call("r" if response_id else None, 100, 0)),
        (scope, call(response_id, tokens, at)),
    ]
    sent_with_scopes(client, spans[::-1] if turned else spans)
    assert figures(client, trace)[0] == total


@pytest.mark.parametrize(("answered", "total"), [("m-2024-08-06", 100), ("M", 100), ("n", 200)])
def test_a_sibling_may_name_the_model_with_its_date(
    client: Client, answered: str, total: int
) -> None:
    trace, parent = new_trace(), new_span_id()
    said = KINDS["call"] | usage(100) | {"gen_ai.request.model": "m"}
    spans = [
        ("a", span(trace, parent=parent, attributes=said)),
        ("b", span(trace, parent=parent, attributes=said | {"gen_ai.response.model": answered})),
    ]
    sent_with_scopes(client, spans)
    assert figures(client, trace)[0] == total


def test_two_pairs_of_siblings_are_two_calls(client: Client) -> None:
    for order in permutations(range(4)):
        trace, parent = new_trace(), new_span_id()
        said = KINDS["call"] | usage(100)
        spans = [
            (scope, span(trace, parent=parent, at=at, attributes=said))
            for scope, at in (("a", 0), ("b", 0.1), ("a", 0.2), ("b", 0.3))
        ]
        sent_with_scopes(client, [spans[number] for number in order])
        assert figures(client, trace)[0] == 200, order


@pytest.mark.parametrize("overlapping", [False, True])
@pytest.mark.parametrize("response_id", [None, "r"])
def test_each_sibling_is_compared_with_few_others(
    monkeypatch: pytest.MonkeyPatch, overlapping: bool, response_id: str | None
) -> None:
    """Thousands of equal calls in a loop are usual; each with each would be millions."""
    compared: list[int] = []
    overlaps = Sibling.overlaps

    def counting(one: Sibling, other: Sibling) -> bool:
        compared.append(1)
        return overlaps(one, other)

    monkeypatch.setattr(Sibling, "overlaps", counting)
    trace, parent = new_trace(), new_span_id()
    said = KINDS["call"] | usage(100) | ({"gen_ai.response.id": response_id} if response_id else {})
    rows = []
    for number in range(1_000):
        at = 0.0001 * number if overlapping else 10.0 * number
        body = request(span(trace, parent=parent, at=at, attributes=said))
        body.resource_spans[0].scope_spans[0].scope.name = "ab"[number % 2]
        rows += parse_spans(body.SerializeToString(), False, 10, MEGABYTE, 64).rows
    calls = [("parent", row) for row in rows]
    repeats = repeats_among(calls)
    assert len(repeats) == {True: 999 if response_id else 500, False: 0}[overlapping]
    assert len(compared) <= 3 * len(calls)


def test_a_new_span_between_stored_ones_leads_on_to_the_outermost_call(client: Client) -> None:
    trace, ids = new_trace(), [new_span_id() for _ in range(7)]
    said = KINDS["call"] | usage(100)
    path = [
        span(
            trace,
            span_id=span_id,
            parent=ids[number - 1] if number else new_span_id(),
            at=number,
            attributes=said if number in (1, 6) else KINDS["chain"],
        )
        for number, span_id in enumerate(ids)
    ]
    for part in (path[:1], path[1:5:3], path[3:4], path[2:3] + path[5:]):
        send(client, *part)
    assert figures(client, trace)[0] == 100


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Attributes]:
    """The parameters of each look-up of stored spans, and how many spans it found."""
    noted: list[Attributes] = []

    def note(conn: Connection, **params: Any) -> Any:
        cursor = ENCLOSING(conn, **params)
        noted.append({"params": params, "spans": cursor.rowcount})
        return cursor

    monkeypatch.setattr(queries.events, "enclosing", note)
    return noted


def path_of(trace: bytes, ids: list[bytes], said: Attributes) -> list[Span]:
    """Spans within each other, the outermost first."""
    outer = [b"", *ids]
    return [span(trace, span_id=one, parent=outer[n], attributes=said) for n, one in enumerate(ids)]


def test_a_span_that_a_run_awaits_is_not_looked_up(client: Client, asked: list[Attributes]) -> None:
    """The root of a trace ends last, and each request before it has calls below it."""
    trace, root = new_trace(), new_span_id()
    for _ in range(3):
        send(client, span(trace, parent=root, attributes=KINDS["call"] | usage(1)))
    assert asked == []
    send(client, span(trace, span_id=root, attributes=KINDS["call"] | usage(1)))
    assert figures(client, trace)[0] == 1


@pytest.mark.one_server("the writer asks for each level there")
@pytest.mark.parametrize("kind", ["chain", "call"])
def test_a_span_is_visited_once_from_however_many_calls(
    client: Client, database_url: str, asked: list[Attributes], kind: str
) -> None:
    """Ten thousand calls below a chain of as many had each span looked up a hundred times.

    Below calls, each was compared with each: 1,000 new ones took more than half a minute.
    """
    trace, ids = new_trace(), [new_span_id() for _ in range(300)]
    calls = [span(trace, parent=one, attributes=KINDS["call"] | usage(1)) for one in ids]
    send(client, *path_of(trace, ids, KINDS[kind] | (usage(1) if kind == "call" else {})))
    send(client, *calls)
    [look_up] = asked
    values = {name: as_text(value) for name, value in look_up["params"].items()}
    with connect(database_url, WRITE, "test") as conn:
        statement = f"EXPLAIN (ANALYZE, FORMAT JSON) {ENCLOSING.variant(()).text}"
        [row] = conn.execute(statement, values).fetchall()
    plan = list(nodes(row["QUERY PLAN"][0]["Plan"]))
    [visited] = [node for node in plan if node["Node Type"] == "Recursive Union"]
    assert visited["Actual Rows"] == 300
    assert max(node["Actual Rows"] * node["Actual Loops"] for node in plan) <= 2 * 300
    assert figures(client, trace)[0] == (300 if kind == "chain" else 1)


def test_spans_of_all_runs_are_looked_up_in_one_statement(
    client: Client, asked: list[Attributes]
) -> None:
    outer = [span(new_trace(), attributes=KINDS["call"] | usage(1)) for _ in range(5)]
    send(client, *outer)
    said = KINDS["call"] | usage(1)
    send(client, *[span(one.trace_id, parent=one.span_id, attributes=said) for one in outer])
    assert [each["spans"] for each in asked] == [5]
    assert [figures(client, one.trace_id)[0] for one in outer] == [1] * 5


@pytest.mark.one_server("the writer asks for each level there")
def test_so_many_spans_are_looked_up_for_a_call(
    client: Client, database_url: str, monkeypatch: pytest.MonkeyPatch, asked: list[Attributes]
) -> None:
    """A call of 100 bytes below a long chain had 2,000 spans read, in 20 statements."""
    monkeypatch.setattr(repeated_calls, "MOST_AROUND", 2)
    monkeypatch.setattr(repeated_calls, "MOST_AROUND_EACH", 1)
    said = KINDS["call"] | usage(1)
    trace, ids = new_trace(), [new_span_id() for _ in range(8)]
    [outermost, *others] = path_of(trace, ids, KINDS["chain"])
    send(client, span(trace, span_id=outermost.span_id, attributes=said), *others)
    send(client, span(trace, parent=ids[-1], attributes=said))
    assert [each["spans"] for each in asked] == [3]
    assert figures(client, trace)[0] == 2
    # What was not looked up is not taken for lacking: the next call finds it.
    monkeypatch.setattr(repeated_calls, "MOST_AROUND", 9)
    send(client, span(trace, parent=ids[-1], attributes=said))
    assert figures(client, trace)[0] == 2
    assert verify(database_url) == []


@pytest.mark.one_server("the writer asks for each level there")
def test_a_transaction_looks_up_so_many_spans_the_nearest_first(
    client: Client, database_url: str, monkeypatch: pytest.MonkeyPatch, asked: list[Attributes]
) -> None:
    monkeypatch.setattr(repeated_calls, "MOST_SPANS", 4)
    said = KINDS["call"] | usage(1)
    paths = {size: (new_trace(), [new_span_id() for _ in range(size)]) for size in (1, 2, 9)}
    for trace, ids in paths.values():
        [outermost, *others] = path_of(trace, ids, KINDS["chain"])
        send(client, span(trace, span_id=outermost.span_id, attributes=said), *others)
    send(client, *[span(trace, parent=ids[-1], attributes=said) for trace, ids in paths.values()])
    assert sum(each["spans"] for each in asked) == 4
    assert figures(client, paths[1][0])[0] == 1
    assert figures(client, paths[9][0])[0] == 2
    assert verify(database_url) == []


def test_events_of_the_sdk_are_left_alone(client: Client) -> None:
    trace, outer = new_trace(), new_span_id()
    send(client, span(trace, span_id=outer, attributes=KINDS["call"] | usage(100)))
    parent = event_id_of(trace.hex(), outer.hex(), SPAN)
    event: Attributes = {
        "run_id": run_of(trace),
        "agent_name": "shop",
        "event_type": "llm_call",
        "timestamp": "2026-11-22T12:00:00Z",
        "parent_event_id": parent,
        "data": {"tokens_in": 7, "counted": False},
    }
    client.send(event)
    assert figures(client, trace)[0] == 107


def test_an_exported_call_that_counts_nowhere_is_imported_so(client: Client) -> None:
    trace = new_trace()
    send(client, *nested(trace))
    lines = client.simulate_get(f"/api/export/events.ndjson?run_id={run_of(trace)}").text
    events = [line for line in lines.splitlines() if '"export"' not in line]
    run = client.run(run_of(trace))
    assert client.simulate_delete(f"/api/runs/{run_of(trace)}").status_code == 200
    assert client.send(*map(json.loads, events)).json["inserted"] == 5
    again = client.run(run_of(trace))
    same = ("tokens_in", "tokens_out", "total_cost", "event_count")
    assert [again[key] for key in same] == [run[key] for key in same] == [100, 1, 0.5, 5]
    assert event_of(client, trace, b"\4" * 8)["data"]["counted"] is False


def test_a_large_run_keeps_what_it_has_counted(
    client: Client, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeated_calls, "MOST_READ", 0)
    trace = new_trace()
    agent, wrapper, chain, call = nested(trace)
    for one in (call, chain, wrapper, agent):
        send(client, one)
    assert figures(client, trace)[0] == 200
    send(client, span(trace, parent=b"\2" * 8, attributes=KINDS["call"] | usage(100)))
    assert figures(client, trace)[0] == 200  # what comes later is looked up by key
    assert verify(database_url) == []


def test_a_transaction_reads_so_many_events_again_those_of_small_runs_first(
    client: Client, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A late span of 60 bytes has a whole run read, as often as a request has room for."""
    monkeypatch.setattr(repeated_calls, "MOST_READ_IN_ALL", 6)
    said = KINDS["call"] | usage(100)
    traces = {size: new_trace() for size in (5, 1, 4)}
    outer = {size: new_span_id() for size in traces}
    for size, trace in traces.items():
        send(client, *[span(trace, parent=outer[size], attributes=said) for _ in range(size)])
    late = [
        span(trace, span_id=outer[size], parent=new_span_id(), attributes=said)
        for size, trace in traces.items()
    ]
    send(client, *late)
    counted = {size: figures(client, trace)[0] for size, trace in traces.items()}
    assert counted == {1: 100, 4: 100, 5: 600}
    assert verify(database_url) == []


def test_a_call_that_counts_elsewhere_is_a_call_to_those_within(
    client: Client, database_url: str
) -> None:
    trace, parent, twin = new_trace(), new_span_id(), new_span_id()
    said = KINDS["call"] | usage(100)
    sent_with_scopes(
        client,
        [
            ("a", span(trace, parent=parent, at=0, attributes=said)),
            ("b", span(trace, span_id=twin, parent=parent, at=0.5, attributes=said)),
        ],
    )
    assert figures(client, trace)[0] == 100
    send(client, span(trace, parent=twin, attributes=said))  # of a third instrumentation
    assert figures(client, trace)[0] == 100
    assert verify(database_url) == []


@pytest.mark.parametrize("late", ["one wrapper", "a wrapper of each"])
def test_so_many_large_calls_count_no_longer_as_small_ones(
    client: Client, database_url: str, conn: Connection, late: str
) -> None:
    """Of 400 calls with 23 KB each 220 had counted twice: their data were written again."""
    trace, said = new_trace(), KINDS["call"] | usage(100)
    wrappers = (
        [new_span_id()] * 400 if late == "one wrapper" else [new_span_id() for _ in range(400)]
    )
    calls = [
        span(trace, parent=wrapper, attributes=said | {"seed": os.urandom(11_500).hex()})
        for wrapper in wrappers
    ]
    for start in range(0, 400, 100):
        send(client, *calls[start : start + 100])
    wrapped = sorted(set(wrappers))
    around = new_span_id()  # no root, which would make two events of each
    send(client, *[span(trace, span_id=one, parent=around, attributes=said) for one in wrapped])
    assert figures(client, trace)[0] == 100 * len(wrapped)
    [stored] = conn.execute(STORED_REPEATS).fetchall()
    assert (stored["calls"], stored["are_marked"]) == (400, False)
    assert stored["bytes"] > 9_000_000
    assert verify(database_url) == []
