"""A window beside the one before, against a sum by hand of the events that were sent."""

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.db.queries import Connection
from service.resources.metrics import changes
from tests.client import Client
from tests.events import event, new_id
from tests.metrics.asking import STATES, store
from tests.resources.metrics.changed_runs import FIGURES, FIRST, Run, add_up, of_runs, rounded

PATH = "/api/metrics/changes"
FILTERS: list[dict[str, str]] = [
    {},
    {"agent": "Ada"},
    {"environment": "live"},
    {"model": "gpt"},
    {"tool": "sql"},
    {"agent": "Bob", "environment": "test", "model": "gpt", "tool": "sql"},
]


@pytest.fixture
def runs(client: Client, database_url: str, request: pytest.FixtureRequest) -> list[Run]:
    """Eighty runs of four days."""
    draw = random.Random(3)
    found = [Run(draw) for _ in range(80)]
    state = getattr(request, "param", "waiting")
    store(client, database_url, state, [one for run in found for one in run.events])
    return found


@pytest.mark.parametrize("runs", STATES, indirect=True)
@pytest.mark.parametrize("filters", FILTERS, ids=str)
@pytest.mark.parametrize("interval", ["hour", "day"])
def test_both_windows_are_the_sums_of_what_happened_in_them(
    client: Client, runs: list[Run], filters: dict[str, str], interval: str
) -> None:
    window = {"from": "2026-11-23", "to": "2026-11-25", "tz": "Europe/Paris"}
    found = client.ok(PATH, params={**window, "interval": interval, **filters})
    start, middle, end = (FIRST + timedelta(days=days) for days in (0, 2, 4))
    assert found["before"] == {"from": start.isoformat(), "to": middle.isoformat()}
    asked = [run for run in runs if run.names(filters)]
    of_calls = [
        run
        for run in runs
        if filters.get("agent", run.agent) == run.agent
        and filters.get("environment", run.environment) == run.environment
    ]
    for side, first, last in (("now", middle, end), ("before", start, middle)):
        then = [run for run in asked if first <= run.start < last]
        events = [run for run in of_calls if first <= run.start < last]
        figures = rounded({name: found["totals"][side][name] for name in FIGURES})
        whole = add_up(events, "", filters)[None]
        assert figures == rounded(dict(whole))
        assert {name: found["totals"][side][name] for name in of_runs([])} == of_runs(then)
        for groups, key, name in (
            ("agents", "agent_name", "agent_name"),
            ("models", "model", "model"),
            ("tools", "tool_name", "tool"),
        ):
            told = {
                one[name]: rounded({name: one[side][name] for name in FIGURES})
                for one in found[groups]
                if any(one[side][name] for name in FIGURES)
            }
            sums = add_up(events, key, filters)
            wanted = {group: rounded(one) for group, one in sums.items() if any(one.values())}
            if groups == "models" and wanted.get(None, {}).get("calls") == 0:
                del wanted[None]  # what names no model and is no call
            assert told == wanted, groups
    for point in found["points"]:
        first = datetime.fromisoformat(point["timestamp"])
        last = first + (timedelta(days=1) if interval == "day" else timedelta(hours=1))
        then = [run for run in asked if first <= run.start < last]
        assert {name: point[name] for name in of_runs([])} == of_runs(then)
    costs = sum(point["cost"] for point in found["points"])
    assert costs == pytest.approx(found["totals"]["now"]["cost"])


def test_groups_come_by_their_increase_and_as_many_as_are_asked_for(client: Client) -> None:
    for agent, before, now in (("up", 1, 3), ("down", 5, 1), ("new", 0, 9), ("gone", 2, 0)):
        for day, cost in ((21, before), (22, now)):
            if cost:
                data = {"model": f"of {agent}", "cost": cost, "tokens_in": 4}
                timestamp = f"2026-11-{day}T05:00:00Z"
                client.send(
                    event(new_id(), "llm_call", timestamp=timestamp, agent_name=agent, data=data)
                )
    window = {"from": "2026-11-22", "to": "2026-11-23"}
    found = client.ok(PATH, params=window)
    assert [one["agent_name"] for one in found["agents"]] == ["new", "up", "gone", "down"]
    assert [one["model"] for one in found["models"]] == ["of new", "of up", "of gone", "of down"]
    assert found["agents"][0] | {"before": None} == {
        "agent_name": "new",
        "now": {
            **{"calls": 1, "errors": 0, "tokens_in": 4, "tokens_out": 0, "cost": 9},
            **{"runs": 1, "failed": 0},
        },
        "before": None,
    }
    assert found["agents"][0]["before"]["cost"] == 0
    assert (found["tools"], found["truncated"]) == ([], False)
    few = client.ok(PATH, params={**window, "limit": 1})
    assert ([one["agent_name"] for one in few["agents"]], few["truncated"]) == (["new"], True)


def test_today_is_beside_yesterday_until_this_time(client: Client) -> None:
    zone = ZoneInfo("Asia/Kathmandu")
    now = datetime.now(zone)
    found = client.ok(PATH, params={"from": now.date().isoformat(), "tz": str(zone)})
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    begin = midnight.replace(tzinfo=zone)
    before = {name: datetime.fromisoformat(text) for name, text in found["before"].items()}
    assert before["from"] == begin - timedelta(days=1)
    late = before["to"] - (now - timedelta(days=1))
    assert timedelta(0) < late <= timedelta(minutes=15, seconds=30)
    assert datetime.fromisoformat(found["to"]) == begin + timedelta(days=1)
    assert [point["timestamp"] for point in found["points"]] == [found["from"]]


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [("2026-10-26", "Europe/Paris", 25), ("2026-10-25", "Europe/Paris", 24)],
)
def test_the_day_before_a_day_is_a_day_of_the_clock(
    idle_client: Client, day: str, zone: str, hours: int
) -> None:
    until = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
    found = idle_client.ok(PATH, params={"from": day, "to": until, "tz": zone, "interval": "hour"})
    first, last = (datetime.fromisoformat(found["before"][name]) for name in ("from", "to"))
    assert (last - first, last) == (timedelta(hours=hours), datetime.fromisoformat(found["from"]))


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"from": "2026-05-01", "to": "2026-11-20"}, "from"),
        ({"from": "2026-11-20", "to": "2026-11-20"}, "from"),
        ({"tz": "Mars"}, "tz"),
        ({"interval": "week"}, "interval"),
        ({"model": ""}, "model"),
        ({"user_id": "x"}, "user_id"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    idle_client: Client, parameters: dict[str, str], named: str
) -> None:
    answer = idle_client.simulate_get(PATH, params=parameters)
    assert (answer.status_code, answer.json["parameter"]) == (400, named)


def test_a_window_before_that_is_not_kept_is_null(client: Client, conn: Connection) -> None:
    conn.execute("UPDATE fold_state SET quarter_hours_from = '2026-11-20'")
    found = client.ok(PATH, params={"from": "2026-11-21", "to": "2026-11-23"})
    assert (found["before"], found["totals"]["before"]) == (None, None)
    refused = client.simulate_get(PATH, params={"from": "2026-11-19", "to": "2026-11-23"})
    assert refused.json["parameter"] == "from"


def test_of_too_many_runs_the_metrics_know_the_numbers_alone(
    client: Client, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    window = {"from": "2026-11-23", "to": "2026-11-25", "tz": "Europe/Paris"}
    exact = client.ok(PATH, params=window)["totals"]
    monkeypatch.setattr(changes, "MOST_SORTED_RUNS", 9)
    found = client.ok(PATH, params=window)["totals"]
    assert found == {side: exact[side] | {"p95_ms": None} for side in ("now", "before")}
    for name in ("environment", "model", "tool"):
        answer = client.simulate_get(PATH, params={**window, name: "x"})
        assert (answer.status_code, answer.json["code"]) == (400, "window_too_large")
