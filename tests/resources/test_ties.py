"""Events of one moment: start before end, parent before child, previous before next, as sent."""

import random
from typing import Any

import pytest

from service.resources.trace.ties import in_order
from tests.client import Client
from tests.events import Event, event, new_id
from tests.ingest.otlp.spans import START_NS, new_span_id, new_trace, run_of, send, span

COUNT = 20


def names(events: list[dict[str, Any]]) -> list[str]:
    """The names of events."""
    return [event["data"]["name"] for event in events]


def named(run: str, name: str, **fields: Any) -> Event:
    """An event of the one moment."""
    return event(run, data={"name": name}, **fields)


def test_events_of_one_moment_stay_in_the_order_in_which_they_were_sent(client: Client) -> None:
    run, expected = new_id(), [f"k{n}" for n in range(COUNT)]
    client.send(*[named(run, name) for name in expected])
    path = f"/api/runs/{run}"
    assert names(client.ok(f"{path}/timeline")["events"]) == expected
    assert names(client.ok(f"{path}/trace")["execution_tree"]) == expected
    summary = client.ok(f"{path}/trace?fields=summary")["execution_tree"]
    assert [node["name"] for node in summary] == expected
    assert all("tie" not in node for node in summary)
    found: list[str] = []
    query: str | None = f"/api/events?run_id={run}&limit=3"
    while query:
        page = client.ok(query)
        found += names(page["events"])
        query = (
            page["next_cursor"] and f"/api/events?run_id={run}&limit=3&cursor={page['next_cursor']}"
        )
    assert found == expected[::-1]


def test_what_an_event_names_goes_before_it_also_when_it_was_sent_later(client: Client) -> None:
    run, parent, other = new_id(), new_id(), new_id()
    client.send(
        named(run, "child", parent_event_id=parent), named(run, "next", previous_event_id=other)
    )
    client.send(named(run, "parent", event_id=parent), named(run, "previous", event_id=other))
    found = names(client.ok(f"/api/runs/{run}/timeline")["events"])
    assert found.index("parent") < found.index("child")
    assert found.index("previous") < found.index("next")


def test_spans_of_one_microsecond_go_by_their_nanoseconds(client: Client) -> None:
    trace, root = new_trace(), new_span_id()
    expected = [f"k{n}" for n in range(8)]
    children = [
        span(trace, name, parent=root, start_time_unix_nano=START_NS + 1000 + 100 * n)
        for n, name in enumerate(expected)
    ]
    random.Random(1).shuffle(children)
    send(client, *children, span(trace, "root", span_id=root, at=0))
    events = client.ok(f"/api/runs/{run_of(trace)}/timeline")["events"]
    assert [one["data"]["name"] for one in events if one["parent_event_id"]] == expected


@pytest.mark.parametrize("seed", range(10))
def test_a_start_goes_before_its_end_and_a_root_before_its_child(client: Client, seed: int) -> None:
    run, trace, root = new_id(), new_trace(), new_span_id()
    client.send(event(run, "agent_start"), event(run, "agent_end"))
    send(client, span(trace, span_id=root, seconds=0), span(trace, parent=root, seconds=0))
    for one in (run, run_of(trace)):
        assert client.ok(f"/api/runs/{one}/timeline")["events"][0]["event_type"] == "agent_start"


@pytest.mark.parametrize("turn", range(10))
def test_of_two_roots_of_one_moment_the_first_of_the_request_owns_the_run(
    client: Client, turn: int
) -> None:
    run = new_id()
    agents = ("first", "second", "third")
    client.send(*[event(run, "agent_start", agent_name=name) for name in agents])
    assert client.run(run)["agent_name"] == "first"


def rows_of(*links: tuple[str, str | None, str | None]) -> list[dict[str, Any]]:
    """Rows of one moment: their id, parent and previous event."""
    return [
        {"event_id": own, "parent_event_id": parent, "previous_event_id": previous}
        | {"timestamp": 0, "tie": 0, "event_type": "step"}
        for own, parent, previous in links
    ]


def ordered(*links: tuple[str, str | None, str | None]) -> str:
    """The ids in order."""
    return "".join(row["event_id"] for row in in_order(rows_of(*links)))


def test_the_order_of_links() -> None:
    assert ordered(("a", None, None), ("b", None, None)) == "ab"
    assert ordered(("c", "b", None), ("b", "a", None), ("a", None, None)) == "abc"
    assert ordered(("d", "a", "c"), ("c", "a", "b"), ("b", "a", None), ("a", "x", "y")) == "abcd"
    assert ordered(("a", "b", None), ("b", "a", None), ("c", None, "a")) == "bac"
    assert ordered(("a", "a", "a")) == "a"


def test_an_agent_ends_after_what_is_inside_it() -> None:
    kinds = {"S": "agent_start", "T": "agent_start", "E": "agent_end", "F": "agent_end"}
    links = (("E", None, "S"), ("F", None, "T"), ("c", "b", None), ("b", "T", None))
    rows = rows_of(*links, ("x", None, None), ("T", "S", None), ("S", "before", None))
    for row in rows:
        row["event_type"] = kinds.get(row["event_id"], "step")
    assert "".join(row["event_id"] for row in in_order(rows)) == "STbcFEx"


def test_events_of_one_moment_that_were_sent_one_by_one_end_with_their_agent(
    client: Client,
) -> None:
    run, start, steps = new_id(), new_id(), [new_id() for _ in range(5)]
    client.send(event(run, "agent_end", previous_event_id=start))
    for step in steps:
        client.send(event(run, "step", event_id=step, parent_event_id=start))
    client.send(event(run, "agent_start", event_id=start))
    found = [one["event_type"] for one in client.ok(f"/api/runs/{run}/timeline")["events"]]
    assert (found[0], found[-1]) == ("agent_start", "agent_end")


def test_a_long_chain_of_one_moment_is_sorted_without_recursion() -> None:
    count = 20_000
    links = [(str(n), str(n - 1) if n else None, None) for n in reversed(range(count))]
    found = in_order(rows_of(*links))
    assert [row["event_id"] for row in found] == [str(n) for n in range(count)]
