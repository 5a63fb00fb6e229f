"""GET /api/metrics/scores: exact counts, averages and shares."""

from typing import Any

import pytest

from service.resources.metrics import scores
from tests.client import Client
from tests.db.old import LONG_AGO, on, receive, retain
from tests.events import event, new_id
from tests.resources.scores.made import score, send

ALL = "from=2026-11-01&to=2026-12-01"


def groups(client: Client, query: str = "") -> list[dict[str, Any]]:
    """The groups of an answer."""
    found: list[dict[str, Any]] = client.ok("/api/metrics/scores", query_string=f"{ALL}&{query}")[
        "groups"
    ]
    return found


@pytest.fixture
def runs(client: Client) -> list[str]:
    """Runs of two agents."""
    made = [new_id() for _ in range(4)]
    client.send(*[event(run, agent_name=f"agent {n % 2}") for n, run in enumerate(made)])
    return made


def test_numbers_have_an_exact_average(client: Client, runs: list[str]) -> None:
    send(client, *[score(run, value) for run, value in zip(runs, (0.1, 0.2, 0.3, 3), strict=True)])
    assert groups(client) == [
        {
            "name": "accuracy",
            "kind": "number",
            "count": 4,
            "sum": 3.6,
            "average": 0.9,
            "minimum": 0.1,
            "maximum": 3,
            "categories": [],
        }
    ]


def test_of_booleans_the_average_is_the_share_of_true(client: Client, runs: list[str]) -> None:
    send(client, *[score(run, n > 0) for n, run in enumerate(runs)])
    [group] = groups(client)
    assert (group["kind"], group["count"], group["sum"], group["average"]) == (
        "boolean",
        4,
        3,
        0.75,
    )


def test_categories_have_counts_and_shares(client: Client, runs: list[str]) -> None:
    send(client, *[score(run, "good" if n else "bad") for n, run in enumerate(runs)])
    [group] = groups(client)
    assert group["categories"] == [
        {"value": "good", "count": 3, "share": 0.75},
        {"value": "bad", "count": 1, "share": 0.25},
    ]
    assert (group["count"], group["sum"], group["average"]) == (4, None, None)


def test_many_categories_are_cut_and_counted(client: Client, runs: list[str]) -> None:
    send(client, *[score(runs[0], f"c{n:02}") for n in range(25)], score(runs[0], "c07"))
    [group] = groups(client)
    assert (group["count"], len(group["categories"]), group["categories_omitted"]) == (26, 20, 5)
    assert group["categories"][0] == {"value": "c07", "count": 2, "share": 0.076923}


@pytest.mark.parametrize("most", [1, scores.MOST_LOOKED_UP], ids=["by day", "by run"])
def test_groups_and_filters(
    client: Client, runs: list[str], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(scores, "MOST_LOOKED_UP", most)
    for n, run in enumerate(runs):
        send(client, score(run, n, timestamp=f"2026-11-2{n // 2}T23:59:59.999999Z"))
    send(client, score(runs[0], 9, name="other", source="user"))

    def counts(query: str, *columns: str) -> list[tuple[Any, ...]]:
        return [
            (*[group[column] for column in columns], group["count"], group["sum"])
            for group in groups(client, query)
        ]

    assert counts("") == [(4, 6), (1, 9)]
    assert counts("group_by=name") == [(4, 6), (1, 9)]
    assert counts("name=accuracy&group_by=agent", "agent_name") == [
        ("agent 0", 2, 2),
        ("agent 1", 2, 4),
    ]
    assert counts("agent=agent%201&group_by=day", "day") == [
        ("2026-11-20", 1, 1),
        ("2026-11-21", 1, 3),
    ]
    assert counts("source=user") == counts("source=user&agent=agent%200") == [(1, 9)]
    assert counts("source=user&agent=agent%201") == []
    assert counts("agent=agent%201&name=accuracy") == [(2, 4)]
    assert counts("source=user&name=accuracy") == []
    assert len(counts("group_by=agent,day")) == 5
    answer = client.ok("/api/metrics/scores", query_string=f"{ALL}&group_by=agent&limit=1")
    assert answer["truncated"]
    assert answer["group_by"] == ["name", "agent"]
    days = client.ok("/api/metrics/scores?from=2026-11-20T10:00:00Z&to=2026-11-20T11:00:00Z")
    assert (days["from"], days["to"]) == ("2026-11-20", "2026-11-21")
    assert [group["count"] for group in days["groups"]] == [2]


def test_a_score_counts_once_its_run_is_there_and_moves_with_it(client: Client) -> None:
    run = new_id()
    send(client, score(run, 1))
    assert groups(client) == []
    client.send(event(run, agent_name="first", seconds=5))
    assert [group["agent_name"] for group in groups(client, "group_by=agent")] == ["first"]
    client.send(event(run, "agent_start", agent_name="owner"))
    assert [group["agent_name"] for group in groups(client, "group_by=agent")] == ["owner"]


def test_versions_stand_beside_each_other_also_once_retention_removed_them(
    client: Client, database_url: str
) -> None:
    runs = [new_id() for _ in range(3)]
    receive(
        database_url,
        LONG_AGO,
        *[
            event(run, timestamp=on(LONG_AGO), data={"version": version} if version else {})
            for run, version in zip(runs, ("1", "2", None), strict=True)
        ],
    )
    send(client, *[score(run, n) for n, run in enumerate(runs)])
    before = groups(client, "agent=agent&group_by=version")
    assert [(one["version"], one["average"]) for one in before] == [(None, 2), ("1", 0), ("2", 1)]
    assert [one["sum"] for one in groups(client, "version=2")] == [1]
    assert retain(database_url)
    assert groups(client, "agent=agent&group_by=version") == before
    assert [one["sum"] for one in groups(client, "version=2")] == [1]


def test_a_replaced_score_counts_once(client: Client, runs: list[str]) -> None:
    send(client, score(runs[0], 1, score_id="a"), score(runs[0], 5, score_id="b"))
    send(client, score(runs[0], 2, score_id="a", name="renamed"))
    assert [(group["name"], group["sum"]) for group in groups(client)] == [
        ("accuracy", 5),
        ("renamed", 2),
    ]


def test_without_a_window_it_is_the_last_30_days(client: Client) -> None:
    run = new_id()
    client.send(event(run))
    sent = score(run, 1)
    del sent["timestamp"]
    send(client, sent, score(run, 2, timestamp="2020-01-01T00:00:00Z"))
    answer = client.ok("/api/metrics/scores")
    assert [group["count"] for group in answer["groups"]] == [1]


@pytest.mark.parametrize(
    "query", ["group_by=model", "group_by=", "source=x", "from=2026-11-02&to=2026-11-01", "tz=UTC"]
)
def test_a_wrong_parameter_is_400(idle_client: Client, query: str) -> None:
    answer = idle_client.simulate_get("/api/metrics/scores", query_string=query)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_parameter")


def test_an_answer_ends_where_its_categories_have_many_bytes(
    client: Client, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scores, "MOST_BYTES", 8_000)
    printed_as_six = "\x01" * 500
    send(client, *[score(runs[0], printed_as_six, name=name) for name in "abc"], score(runs[0], 1))
    answer = client.ok("/api/metrics/scores", query_string=ALL)
    assert [group["name"] for group in answer["groups"]] == ["a", "accuracy", "b"]
    assert answer["truncated"]
    rest = client.ok("/api/metrics/scores", query_string=f"{ALL}&name=c")
    assert ([group["name"] for group in rest["groups"]], rest["truncated"]) == (["c"], False)
