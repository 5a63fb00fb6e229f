"""Sessions and users against a sum by hand of all runs, in pages of any size."""

import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from service.resources import sessions
from tests.client import Client
from tests.events import at, event, new_id
from tests.resources.search.world import all_runs

Run = dict[str, Any]
SESSIONS, USERS, AGENTS = ["s/1", "s2", "s3", "ü", None], ["u1", "u 2", None], ["Ada", "Bob/…"]
NAMES = {"sessions": "session_id", "users": "user_id"}
TOTALS: dict[str, Callable[[Run], float]] = {
    "cost": lambda found: found["total_cost"],
    "tokens": lambda found: found["tokens_in"] + found["tokens_out"],
    "runs": lambda found: found["run_count"],
}


@pytest.fixture
def runs(client: Client) -> list[Run]:
    """Forty runs of some agents, sessions and users; many begin at the same moment."""
    draw = random.Random(4)
    for _ in range(40):
        run, agent, seconds = new_id(), draw.choice(AGENTS), draw.randrange(12)
        said = {"session_id": draw.choice(SESSIONS), "user_id": draw.choice(USERS)}
        sums = {"cost": draw.choice([0.1, 0.2]), "tokens_in": draw.randrange(9), "tokens_out": 1}
        ends = {"error": draw.choice([None, "no"])}
        client.send(
            event(run, "agent_start", seconds, agent_name=agent, data=said),
            event(run, "llm_call", seconds + 1, agent_name=agent, data=sums),
            *[event(run, "agent_end", seconds + 2, agent_name=agent, data=ends)][
                : draw.randint(0, 1)
            ],
        )
    return all_runs(client)


def sums_of(runs: list[Run], group: str) -> dict[str, Any]:
    """What a list says of runs of one session or user."""
    newest = max(runs, key=lambda run: (run["started_at"], run["run_id"]))
    return {
        group: newest[group],
        **({"user_id": newest["user_id"]} if group == "session_id" else {}),
        "agents": sorted({run["agent_name"] for run in runs}, key=str.encode),
        "agent_count": len({run["agent_name"] for run in runs}),
        "run_count": len(runs),
        "truncated": False,
        "active": sum(run["status"] == "active" for run in runs),
        "failed": sum(run["status"] == "failed" for run in runs),
        "total_cost": pytest.approx(sum(run["total_cost"] for run in runs)),
        **{
            name: sum(run[name] for run in runs)
            for name in ("tokens_in", "tokens_out", "event_count", "error_count")
        },
        "first_seen": min(run["started_at"] for run in runs),
        "last_seen": max(run["last_event_at"] for run in runs),
    }


def passes(run: Run, asked: dict[str, str]) -> bool:
    """Whether a run passes the filters."""
    return (
        asked.get("agent") in (None, run["agent_name"])
        and asked.get("user_id") in (None, run["user_id"])
        and asked.get("from", "") <= run["started_at"] < asked.get("to", "~")
    )


def expected(runs: list[Run], group: str, asked: dict[str, str]) -> list[dict[str, Any]]:
    """The list, the newest run first."""
    grouped = defaultdict(list)
    for run in runs:
        if run[group] is not None and passes(run, asked):
            grouped[run[group]].append(run)
    lists = sorted(
        grouped.values(),
        key=lambda some: max((run["started_at"], run["run_id"]) for run in some),
        reverse=True,
    )
    return [sums_of(some, group) for some in lists]


def pages_of(client: Client, path: str, name: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """All rows of a list, page by page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.ok(path, params={**asked, **cursor})
        assert page["complete"]
        found += page[name]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


FILTERS: list[dict[str, str]] = [
    {},
    {"agent": "Ada"},
    {"user_id": "u 2"},
    {"agent": "Bob/…", "user_id": "u1"},
    {"from": at(3)},
    {"to": at(7)},
    {"from": at(2), "to": at(9), "agent": "Ada"},
    {"agent": "nobody"},
]


@pytest.mark.parametrize("most", [3, sessions.MOST_READ_AT_ONCE])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("limit", [1, 2, 50])
def test_lists_are_the_sums_of_their_runs(
    client: Client,
    runs: list[Run],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    limit: int,
    most: int,
) -> None:
    monkeypatch.setattr(sessions, "MOST_READ_AT_ONCE", most)
    for asked in FILTERS:
        found = pages_of(client, f"/api/{name}", name, {**asked, "limit": limit})
        assert found == expected(runs, NAMES[name], asked), asked


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sort", ["cost", "tokens", "runs"])
def test_lists_by_a_total(client: Client, runs: list[Run], name: str, sort: str) -> None:
    for filters in FILTERS:
        asked = {"from": at(0), **filters}
        found = pages_of(client, f"/api/{name}", name, {**asked, "limit": 2, "sort": sort})
        by_name = {row[NAMES[name]]: row for row in expected(runs, NAMES[name], asked)}
        assert {row[NAMES[name]]: row for row in found} == by_name
        totals = [TOTALS[sort](row) for row in found]
        assert totals == sorted(totals, reverse=True)
        assert len(found) == len(by_name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("limit", [1, 50])
def test_of_very_many_runs_the_newest_are_added_up(
    client: Client, runs: list[Run], monkeypatch: pytest.MonkeyPatch, name: str, limit: int
) -> None:
    """As many as may be, which is said: one session of all runs stopped the list for everybody."""
    monkeypatch.setattr(sessions, "MOST_ADDED_UP", 5)
    monkeypatch.setattr(sessions, "MOST_READ_AT_ONCE", 0)
    group = NAMES[name]
    newest = sorted(runs, key=lambda run: (run["started_at"], run["run_id"]), reverse=True)
    for asked in FILTERS:
        found = pages_of(client, f"/api/{name}", name, {**asked, "limit": limit})
        passing = expected(newest, group, asked)
        assert [row[group] for row in found] == [row[group] for row in passing]
        for row, whole in zip(found, passing, strict=True):
            of_it = [run for run in newest if passes(run, asked) and run[group] == row[group]]
            is_cut = whole["run_count"] >= 5
            assert row == {**sums_of(of_it[:5], group), "truncated": is_cut}
    own = [run for run in newest if run["session_id"] == "s/1"][:5]
    page = client.ok("/api/sessions/s%2F1")
    sums = {key: page[key] for key in page if key not in ("runs", "next_cursor")}
    assert sums == {**sums_of(own, "session_id"), "truncated": True}


def test_a_session_has_its_runs_in_the_order_of_their_start(
    client: Client, runs: list[Run]
) -> None:
    own = sorted(
        (run for run in runs if run["session_id"] == "s/1"),
        key=lambda run: (run["started_at"], run["run_id"]),
    )
    found: list[Run] = []
    params: dict[str, Any] = {"limit": 2}
    while True:
        page = client.ok("/api/sessions/s%2F1", params=params)
        sums = {key: page[key] for key in page if key not in ("runs", "next_cursor")}
        assert sums == sums_of(own, "session_id")
        found += page["runs"]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert [run["run_id"] for run in found] == [run["run_id"] for run in own]
    listed = client.ok("/api/runs", params={"session_id": "s/1"})["runs"]
    assert {*found[0]} == {*listed[0], "first_input", "last_output"}


def test_the_runs_of_a_session_say_what_went_in_and_came_out(client: Client) -> None:
    run, many, chat = new_id(), new_id(), new_id()
    said = [{"role": "user", "content": text} for text in ("one", "two")]
    client.send(
        event(run, "agent_start", 1, data={"session_id": "s", "input": {"q": "why"}}),
        event(run, "llm_call", 2, data={"input": "inner", "output": "thought"}),
        event(run, "agent_end", 3, data={"output": "x" * 3_000}),
        *[event(many, "step", 5, data={"session_id": "s"}) for _ in range(25)],
        event(many, "step", 9, data={"output": ["done"]}),
        event(many, "step", 10, data={"input": "late"}),
        event(
            chat,
            "llm_call",
            20,
            data={"session_id": "s", "input": said, "output": {"messages": said}},
        ),
    )
    [first, second, third] = client.ok("/api/sessions/s")["runs"]
    assert third["first_input"] == third["last_output"] == '[{"role": "user", "content": "two"}]'
    assert (first["first_input"], first["last_output"]) == ('{"q": "why"}', "x" * 2_000)
    assert (second["first_input"], second["last_output"]) == (None, '["done"]')


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("sort=cost", "from"),
        ("sort=name", "sort"),
        ("cursor=x", "cursor"),
        ("status=failed", "status"),
        ("from=x", "from"),
    ],
)
def test_what_is_asked_wrongly_is_named(idle_client: Client, query: str, parameter: str) -> None:
    for name in NAMES:
        refused = idle_client.simulate_get(f"/api/{name}?{query}")
        assert (refused.status_code, refused.json["parameter"]) == (400, parameter)


def test_a_cursor_belongs_to_its_list(client: Client, runs: list[Run]) -> None:
    cursor = client.ok("/api/sessions?limit=1")["next_cursor"]
    refused = client.simulate_get("/api/users", params={"cursor": cursor})
    assert (refused.status_code, refused.json["parameter"]) == (400, "cursor")


def test_an_unknown_session_is_404(client: Client) -> None:
    refused = client.simulate_get("/api/sessions/nobody")
    assert (refused.status_code, refused.json["code"]) == (404, "session_not_found")


@pytest.mark.parametrize("name", NAMES)
def test_ten_agents_of_each_are_named_and_a_hundred_of_one_session(
    client: Client, name: str
) -> None:
    said = {"session_id": "many", "user_id": "many"}
    names = sorted(f"agent {number}" for number in range(120))
    client.send(*[event(new_id(), "agent_start", agent_name=one, data=said) for one in names])
    lists = [
        client.ok(f"/api/{name}")[name],
        client.ok(f"/api/{name}", params={"sort": "runs", "from": at(0)})[name],
        [client.ok("/api/sessions/many")],
    ]
    for [found], count in zip(lists, (10, 10, 100), strict=True):
        assert (found["agents"], found["agent_count"]) == (names[:count], 120)
