"""The summary of a trace as a table, and one event of a run."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.client import Client
from tests.events import event, new_id

pytestmark = pytest.mark.pgbouncer

DEEP = 1_000  # deeper than a tree nests


def flat_of(client: Client, run: str, **parameters: Any) -> tuple[Any, list[dict[str, Any]]]:
    """The answer, and its rows by the names of their columns."""
    parameters = {"fields": "flat", **parameters}
    answer = client.ok(f"/api/runs/{run}/trace", params=parameters)
    return answer, [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]


def walk(nodes: list[Any]) -> Iterator[Any]:
    """The nodes of a tree, each without its children, in the order of the tree."""
    for node in nodes:
        yield {name: value for name, value in node.items() if name != "children"}
        yield from walk(node["children"])


def test_it_has_the_figures_of_the_tree_in_its_order(client: Client) -> None:
    run, root, call = new_id(), new_id(), new_id()
    one, other = new_id(), new_id()
    client.send(
        event(run, "agent_start", event_id=root),
        event(run, "step", 3, parent_event_id=root, data={"name": "late"}),
        event(run, "llm_call", 2, event_id=call, parent_event_id=root, data={"cost": 0.5}),
        event(run, "tool_call", 2.5, parent_event_id=call),
        event(run, "step", 4, event_id=one, parent_event_id=other),
        event(run, "step", 4, event_id=other, parent_event_id=one),
    )
    tree = client.ok(f"/api/runs/{run}/trace", params={"fields": "summary"})
    answer, rows = flat_of(client, run)
    nodes = list(walk(tree["execution_tree"]))
    assert [{name: row[name] for name in node} for row, node in zip(rows, nodes, strict=True)] == (
        nodes
    )
    assert [row["depth"] for row in rows] == [0, 1, 2, 1, 0, 0]
    names = {"columns", "rows", "execution_tree"}
    assert {key: answer[key] for key in answer.keys() - names} == {
        key: tree[key] for key in tree.keys() - names
    }
    answer, rows = flat_of(client, run, max_depth=0)
    assert (len(rows), answer["events_omitted"]) == (3, 3)
    assert rows[0]["subtree_cost"] == 0.5


def test_it_has_events_that_are_too_deep_for_the_tree(client: Client) -> None:
    run, ids = new_id(), [new_id() for _ in range(DEEP)]
    parents = [None, *ids[:-1]]
    client.send(
        *(
            event(run, "step", second, event_id=found, parent_event_id=parent)
            for second, (found, parent) in enumerate(zip(ids, parents, strict=True))
        )
    )
    answer, rows = flat_of(client, run)
    assert [(row["event_id"], row["depth"]) for row in rows] == list(
        zip(ids, range(DEEP), strict=True)
    )
    assert answer["events_omitted"] == 0


def test_the_first_rows_are_those_of_the_whole_without_what_needs_it(client: Client) -> None:
    run, root, call = new_id(), new_id(), new_id()
    one, other = new_id(), new_id()
    client.send(
        event(run, "agent_start", event_id=root),
        event(run, "step", 3, parent_event_id=root, data={"name": "late", "latency_ms": 700}),
        event(run, "llm_call", 2, event_id=call, parent_event_id=root, data={"latency_ms": 9}),
        event(run, "tool_call", 2.5, parent_event_id=call, data={"latency_ms": 3, "cost": 0.5}),
        event(run, "step", 4, event_id=one, parent_event_id=other),
        event(run, "step", 4, event_id=other, parent_event_id=one),
        event(run, "agent_end", 5),
    )
    whole, rows = flat_of(client, run)
    for limit in (1, 3, 50):
        answer, first = flat_of(client, run, limit=limit)
        assert len(first) == min(limit, 7)
        assert answer["events_omitted"] == 7 - len(first)
        for row, expected in zip(first, rows, strict=False):
            if row["duration_ms"] is None:
                row |= {name: expected[name] for name in ("duration_ms", "started_at")}
            assert row == {name: expected[name] for name in row}
        missing = set(whole["columns"]) - set(answer["columns"])
        assert missing == {
            *("self_time_ms", "on_critical_path", "descendant_count"),
            *("subtree_cost", "subtree_tokens_in", "subtree_tokens_out"),
        }
    answer, first = flat_of(client, run, limit=3, max_depth=0)
    assert [row["depth"] for row in first] == [0, 0, 0]
    assert answer["event_count"] == 7
    for refused in ({"fields": "summary", "limit": 3}, {"fields": "flat", "limit": 0}):
        assert client.simulate_get(f"/api/runs/{run}/trace", params=refused).status_code == 400


def test_digests_say_which_outputs_are_equal(client: Client) -> None:
    one, other = new_id(), new_id()
    answer: dict[str, Any] = {"role": "assistant", "content": [1, "ü"]}
    outputs: dict[str, dict[str, Any]] = {
        "same": {"output": answer},
        "moved": {"output": None, "response": answer},
        "changed": {"output": {**answer, "content": [1, "u"]}},
        "silent": {"input": answer, "output": None},
    }
    for run in (one, other):
        client.send(
            *(
                event(run, "step", second, data={"name": name, **data})
                for second, (name, data) in enumerate(outputs.items())
            )
        )
    found = []
    for run in (one, other):
        rows = flat_of(client, run, fields="digests")[1]
        found.append({row["name"]: row["output_digest"] for row in rows})
    digests = found[0]
    assert found[1] == digests
    assert digests["same"] == digests["moved"] != digests["changed"]
    assert digests["silent"] is None
    assert len(digests["changed"]) == 32
    assert "output_digest" not in flat_of(client, one)[0]["columns"]


def test_an_event_of_a_run_is_as_in_its_timeline(client: Client) -> None:
    run, other, same = new_id(), new_id(), new_id()
    client.send(event(run, event_id=same, data={"x": [1, {"y": "z"}]}), event(other, event_id=same))
    [expected] = client.ok(f"/api/runs/{run}/timeline")["events"]
    assert client.ok(f"/api/runs/{run}/events/{same}") == expected
    assert client.ok(f"/api/runs/{run.upper()}/events/{same.upper()}") == expected
    for path, code in (
        (f"{run}/events/{new_id()}", "event_not_found"),
        (f"{new_id()}/events/{same}", "event_not_found"),
        (f"{run}/events/no-id", "not_found"),
        (f"no-id/events/{same}", "not_found"),
    ):
        answer = client.simulate_get(f"/api/runs/{path}")
        assert (answer.status_code, answer.json["code"]) == (404, code)
    assert client.simulate_get(f"/api/runs/{run}/events/{same}?a=b").status_code == 400


def test_a_run_that_is_named_events_keeps_its_views(client: Client) -> None:
    run = new_id()
    client.send(event(run, "agent_start", agent_name="a", run_name="events"))
    name = client.run(run)["run_name"]
    client.ok(f"/api/runs/a/{name}", "PATCH", json={"new_run_name": "events"})
    assert client.ok("/api/runs/a/events/timeline")["run_id"] == run
