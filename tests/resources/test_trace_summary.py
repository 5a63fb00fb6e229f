"""The trace with fields=summary and max_depth: figures by hand, and against a naive model."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.resources.trace.render import MAX_TREE_DEPTH
from tests.client import Client
from tests.events import Event, event, new_id
from tests.resources.trace_model import Node, work_out

pytestmark = pytest.mark.pgbouncer

DEEP = 10_000


def summary_of(client: Client, run: str, **parameters: int) -> Any:
    """The summary of a run's trace."""
    return client.ok(f"/api/runs/{run}/trace", params={"fields": "summary", **parameters})


def walk(nodes: list[Any]) -> Iterator[Any]:
    """Each node of a tree, parents before children; also of one too deep for recursion."""
    stack = nodes[::-1]
    while stack:
        node = stack.pop()
        yield node
        stack += node["children"][::-1]


# Name, parent, when it began and ended; the self time of each; who is on the critical path.
EXAMPLES = {
    "one after the other: all are": (
        [("a", "", 0, 10), ("b", "a", 1, 4), ("c", "a", 4, 9)],
        {"a": 2, "b": 3, "c": 5},
        "abc",
    ),
    "in parallel: the union counts, and the one that ends last": (
        [("a", "", 0, 10), ("b", "a", 1, 6), ("c", "a", 2, 8), ("d", "a", 3, 5)],
        {"a": 3, "b": 5, "c": 6, "d": 2},
        "ac",
    ),
    "the one before is the last that had ended when the next began": (
        [("a", "", 0, 10), ("b", "a", 0, 3), ("c", "a", 1, 6), ("d", "a", 5, 9)],
        {"a": 1, "b": 3, "c": 5, "d": 4},
        "abd",
    ),
    "a child that outlives its parent is cut for the self time, and waited for": (
        [("a", "", 0, 6), ("b", "a", 4, 9), ("c", "a", 1, 3), ("d", "", 9, 10)],
        {"a": 2, "b": 5, "c": 2, "d": 1},
        "abcd",
    ),
    "a child outside of its parent takes nothing from it": (
        [("a", "", 0, 2), ("b", "a", 3, 5)],
        {"a": 2, "b": 2},
        "ab",
    ),
    "it is also the children's children that are waited for": (
        [("a", "", 0, 9), ("b", "a", 1, 4), ("c", "b", 2, 8), ("d", "a", 1, 7)],
        {"a": 3, "b": 1, "c": 6, "d": 6},
        "abc",
    ),
    "of two that end together it is the longer": (
        [("a", "", 0, 5), ("b", "a", 3, 5), ("c", "a", 1, 5)],
        {"a": 1, "b": 2, "c": 4},
        "ac",
    ),
    "several roots follow one another as children do": (
        [("a", "", 0, 4), ("b", "", 1, 9), ("c", "", 0, 1), ("d", "a", 0, 4)],
        {"a": 0, "b": 8, "c": 1, "d": 4},
        "bc",
    ),
}


def test_self_times_and_critical_paths_that_were_worked_out_by_hand(client: Client) -> None:
    for case, (spans, self_times, critical) in EXAMPLES.items():
        trace = summary_of(client, send_spans(client, spans))
        nodes = {node["name"]: node for node in walk(trace["execution_tree"])}
        assert {name: node["self_time_ms"] / 1000 for name, node in nodes.items()} == self_times, (
            case
        )
        assert {name for name in nodes if nodes[name]["on_critical_path"]} == set(critical), case
        path = [nodes[name]["event_id"] for name in critical]
        assert sorted(trace["critical_path"]) == sorted(path), case


def send_spans(client: Client, spans: list[tuple[str, str, int, int]]) -> str:
    """Send a run of spans, whose timestamp is when they began; its id."""
    run = new_id()
    ids = {name: new_id() for name, *_ in spans}
    client.send(
        *(
            event(
                run,
                seconds=began,
                event_id=ids[name],
                parent_event_id=ids.get(parent),
                data={"otel": {"span_id": "s"}, "name": name, "latency_ms": 1000 * (ended - began)},
            )
            for name, parent, began, ended in spans
        )
    )
    return run


def test_the_critical_path_is_told_in_the_order_in_which_its_events_began(client: Client) -> None:
    run, first, second = new_id(), new_id(), new_id()
    start = event(run, "agent_start", 0)
    # As the SDK stamps them: at their end.
    client.send(
        event(run, event_id=second, seconds=9, data={"latency_ms": 4000}),
        event(run, event_id=first, seconds=5, data={"latency_ms": 3000}),
        start,
    )
    trace = summary_of(client, run)
    assert trace["critical_path"] == [start["event_id"], first, second]
    nodes = {node["event_id"]: node for node in trace["execution_tree"]}
    assert nodes[first]["started_at"] == "2026-11-22T12:00:02+00:00"


def test_late_events_change_the_figures_of_all_above_them(client: Client) -> None:
    run = new_id()
    root = event(run, "agent_start", 0)
    orphan = event(run, "llm_call", 3, parent_event_id=new_id(), data={"cost": 0.1})
    client.send(orphan)
    assert summary_of(client, run)["execution_tree"][0]["subtree_cost"] == 0.1
    between = event(
        run, event_id=orphan["parent_event_id"], seconds=5, parent_event_id=root["event_id"]
    )
    client.send(root, {**between, "data": {"cost": 0.2, "latency_ms": 4000}})
    [top] = summary_of(client, run)["execution_tree"]
    assert (top["subtree_cost"], top["descendant_count"], top["duration_ms"]) == (0.3, 2, 5000)
    client.send(event(run, "agent_end", 7))
    [top, _] = summary_of(client, run)["execution_tree"]
    assert (top["duration_ms"], top["self_time_ms"]) == (7000, 3000)


IDS = [f"00000000-0000-4000-8000-{number:012}" for number in range(12)]


@st.composite
def runs(draw: st.DrawFn) -> list[Node]:
    """Events of a run with any parents: cycles, orphans, events without a length or a known one."""
    ids = IDS[: draw(st.integers(1, len(IDS)))]
    anyone = st.sampled_from([None, *ids, "00000000-0000-4000-8000-00000000ffff"])
    earlier = draw(st.booleans())  # else random parents leave few trees that are deep
    return [
        Node(
            event_id=event_id,
            at=draw(st.integers(0, 6)),
            event_type=draw(
                st.sampled_from(["step", "llm_call", "step", "agent_start", "agent_end"])
            ),
            latency=draw(st.none() | st.integers(0, 4)),
            is_span=draw(st.booleans()),
            parent_id=draw(st.sampled_from([None, *ids[:n]]) if earlier else anyone),
            previous_id=draw(anyone),
            cost_cents=draw(st.none() | st.integers(0, 30)),
            tokens=draw(st.none() | st.integers(0, 100)),
        )
        for n, event_id in enumerate(ids)
    ]


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(nodes=runs(), max_depth=st.integers(0, 4))
def test_the_figures_are_those_of_the_naive_model(
    client: Client, nodes: list[Node], max_depth: int
) -> None:
    run = new_id()
    client.send(*(node.sent(run) for node in nodes))
    work_out(nodes)
    expected = {node.event_id: node.figures() for node in nodes}
    trace = summary_of(client, run)
    assert trace["events_omitted"] == 0
    found = {node["event_id"]: node for node in walk(trace["execution_tree"])}
    assert {name: picked(node) for name, node in found.items()} == expected
    assert sorted(trace["critical_path"]) == sorted(n.event_id for n in nodes if n.is_critical)
    cut = summary_of(client, run, max_depth=max_depth)
    shown = {node["event_id"]: node for node in walk(cut["execution_tree"])}
    assert {name: picked(node) for name, node in shown.items()} == {
        name: figures for name, figures in expected.items() if figures["depth"] <= max_depth
    }
    assert cut["events_omitted"] == len(nodes) - len(shown)
    assert cut["critical_path"] == trace["critical_path"]
    for node in shown.values():
        is_cut = node["depth"] == max_depth and node["children_count"] > 0
        assert node.get("truncated", False) == is_cut


def picked(node: Any) -> dict[str, Any]:
    """Of a node, what the model has."""
    return {name: node[name] for name in Node("", 0).figures()}


def line(run: str, length: int) -> list[Event]:
    """A chain, each a second long and sent a second after the one before."""
    ids: list[Any] = [None, *(new_id() for _ in range(length))]
    data = {"latency_ms": 1000, "cost": 0.001}
    return [
        event(run, seconds=n, event_id=ids[n], parent_event_id=ids[n - 1], data=data)
        for n in range(1, length + 1)
    ]


def test_what_is_too_deep_for_the_tree_still_counts(client: Client) -> None:
    run = new_id()
    sent = line(run, DEEP)
    client.send(*sent)
    trace = summary_of(client, run)
    nodes = list(walk(trace["execution_tree"]))
    assert [node["depth"] for node in nodes] == list(range(MAX_TREE_DEPTH + 1))
    assert nodes[0]["subtree_cost"] == DEEP / 1000
    assert nodes[-1]["truncated"] is True
    assert nodes[-1]["descendant_count"] == DEEP - 1 - MAX_TREE_DEPTH == trace["events_omitted"]
    assert trace["critical_path"] == [one["event_id"] for one in sent]


def test_max_depth_cuts_the_whole_trace_too(client: Client) -> None:
    run = new_id()
    sent = line(run, 3)
    client.send(*sent)
    ids = [one["event_id"] for one in sent]
    whole = client.ok(f"/api/runs/{run}/trace")
    cut = client.ok(f"/api/runs/{run}/trace?max_depth=1")
    assert [one["event_id"] for one in cut["events"]] == ids[:2]
    assert (cut["event_count"], cut["events_omitted"]) == (3, 1)
    [top] = cut["execution_tree"]
    [below] = top["children"]
    assert "truncated" not in top
    assert (below["truncated"], below["children"], below["data"]) == (True, [], sent[1]["data"])
    deep = client.ok(f"/api/runs/{run}/trace?max_depth=99")
    assert deep == {**whole, "events_omitted": 0}
    assert client.ok(f"/api/runs/{run}/trace?fields=all") == whole


def test_the_parameters_belong_to_the_trace_alone(client: Client) -> None:
    run = new_id()
    unknown = client.simulate_get(f"/api/runs/{run}/trace", query_string="max_depth=0")
    assert unknown.status_code == 404
    client.send(event(run, run_name="trace"))
    by_names = client.ok("/api/runs/agent/trace/trace?fields=summary&max_depth=0")
    assert by_names == summary_of(client, run, max_depth=0)
    for path, query, name in (
        (f"/api/runs/{run}/trace", "fields=data", "fields"),
        (f"/api/runs/{run}/trace", "max_depth=-1", "max_depth"),
        (f"/api/runs/{run}/trace", "max_depth=1.5", "max_depth"),
        (f"/api/runs/{run}/trace", "depth=1", "depth"),
        (f"/api/runs/{run}/timeline", "fields=summary", "fields"),
        (f"/api/runs/{run}", "fields=summary", "fields"),
        ("/api/runs/agent/trace", "fields=summary", "fields"),  # this run is named so
    ):
        answer = client.simulate_get(path, query_string=query)
        assert (answer.status_code, answer.json["parameter"]) == (400, name), path
    assert client.ok("/api/runs/agent/trace")["run_id"] == run
