"""Percentiles: within the stated bound of the exact ones, over very different distributions."""

import random
from itertools import product
from typing import Any

import pytest

from service.db.queries import Connection
from service.metrics.leader import fold_once
from tests.client import Client
from tests.events import Event, event, new_id
from tests.metrics.asking import STATES, ask, moment, points, store

AT = "2026-11-01T05:00:00Z"
WINDOW = "from=2026-11-01&to=2026-11-02"
PERCENTS = (50, 95, 99)
CHANCE = random.Random(7)

LATENCIES_MS: dict[str, list[float]] = {
    "constant": [123.456] * 100,
    "uniform": [CHANCE.uniform(1, 1000) for _ in range(500)],
    "narrow lognormal": [CHANCE.lognormvariate(5, 0.05) for _ in range(500)],
    "wide lognormal": [CHANCE.lognormvariate(3, 3) for _ in range(500)],
    "two peaks": [CHANCE.gauss(*CHANCE.choice([(10, 1), (5000, 100)])) for _ in range(500)],
    "half zeros": [0.0] * 250 + [CHANCE.uniform(1, 10) for _ in range(250)],
    "zeros alone": [0.0] * 10,
    "a single event": [42.0],
    "two events": [1.0, 1000.0],
    "twenty, where ranks are whole": [float(n) for n in range(1, 21)],
    "a hundred, where ranks are whole": [float(n) for n in range(1, 101)],
    "microseconds to hours": [10 ** CHANCE.uniform(-3, 7) for _ in range(500)],
    "the longest there are": [1e12, 1e12 - 1, 9.99e11],
    "below a microsecond": [0.0001, 0.0004, 0.0006, 0.001],
}


def exact(latencies_us: list[int], percent: int) -> float:
    """The nearest rank: the smallest that so many percent of all do not exceed; in ms."""
    ordered = sorted(latencies_us)
    return ordered[-(-percent * len(ordered) // 100) - 1] / 1000


def stored_us(conn: Connection, where: str = "true") -> list[int]:
    """The latencies as they are stored."""
    rows = conn.execute(f"SELECT latency_us FROM events WHERE latency_us IS NOT NULL AND {where}")
    return [row["latency_us"] for row in rows]


def assert_within_bound(found: Any, latencies_us: list[int], bound: float) -> None:
    """Every percentile within the bound of the exact one."""
    for percent in PERCENTS:
        wanted = exact(latencies_us, percent)
        assert abs(found[f"p{percent}_ms"] - wanted) <= bound * wanted, (percent, wanted)


def calls(latencies_ms: list[float]) -> list[Event]:
    """An event for each latency, and as many that have none."""
    run = new_id()
    timed = [
        moment(run, AT, "llm_call", data={"latency_ms": ms, "model": "m"}) for ms in latencies_ms
    ]
    return timed + [moment(run, AT, "step") for _ in latencies_ms]


@pytest.fixture(params=LATENCIES_MS)
def distribution(request: pytest.FixtureRequest) -> list[float]:
    """Each of the distributions."""
    return LATENCIES_MS[request.param]


@pytest.mark.parametrize("state", STATES)
def test_latency_is_within_its_bound(
    client: Client, conn: Connection, database_url: str, distribution: list[float], state: str
) -> None:
    store(client, database_url, state, calls(distribution))
    for query in ("", WINDOW):
        assert_latency_within_bound(client, stored_us(conn), query)
    assert len(stored_us(conn)) == len(distribution)


def assert_latency_within_bound(client: Client, stored: list[int], query: str) -> None:
    """Of all events and of each dimension's one member."""
    found = client.ok("/metrics/latency", query_string=query)
    of_dimensions = [
        one for name in ("agents", "models", "event_types", "tools") for one in found[name]
    ]
    assert len(of_dimensions) == 4
    for one in [found["overall"], *of_dimensions]:
        assert one["events"] == len(stored), query
        assert_within_bound(one, stored, found["error_bound"])
    [model] = client.ok("/metrics/models", query_string=query)
    assert_within_bound(model, stored, found["error_bound"])
    assert model["avg_latency_ms"] == pytest.approx(sum(stored) / len(stored) / 1000)


@pytest.mark.parametrize("state", ["waiting", "folded"])
def test_time_series_of_percentiles_are_within_their_bound(
    client: Client, conn: Connection, database_url: str, distribution: list[float], state: str
) -> None:
    store(client, database_url, state, calls(distribution))
    window = {"from_": "2026-11-01", "to": "2026-11-02"}
    ways: tuple[dict[str, str], ...] = (
        {},
        {"agent": "agent", "model": "m"},
        {"tz": "Etc/UTC"},
        {"interval": "hour"},
    )
    for percent, params in product(PERCENTS, ways):
        wanted = exact(stored_us(conn), percent)
        answer = ask(client, metric=f"latency_p{percent}", **window, **params)
        off = abs(sum(points(answer)) - wanted)
        assert off <= answer["error_bound"] * wanted, (percent, params)
        assert sum(value != 0 for value in points(answer)) <= 1, (percent, params)


def test_percentiles_by_agent_type_and_model_are_each_their_own(
    client: Client, conn: Connection, database_url: str
) -> None:
    chance = random.Random(11)
    for agent in ("a", "b/c"):
        run = new_id()
        for kind in ("llm_call", "tool_call"):
            for model in ("m", "'n'", None):
                scale = 10 ** chance.uniform(0, 4)
                client.send(
                    *[
                        moment(
                            run, AT, kind, agent_name=agent, data={"model": model, "latency_ms": ms}
                        )
                        for ms in (chance.uniform(1, 3) * scale for _ in range(20))
                    ]
                )
    for _ in range(2):
        for query, where in (("", "true"), (WINDOW, "true"), ("agent=b/c", "agent_name = 'b/c'")):
            found = client.ok("/metrics/latency", query_string=query)
            for name, column in (
                ("agents", "agent_name"),
                ("event_types", "event_type"),
                ("models", "model"),
            ):
                assert sum(one["events"] for one in found[name]) == found["overall"]["events"]
                for one in found[name]:
                    value = one[column]
                    own = "IS NULL" if value is None else "= '" + value.replace("'", "''") + "'"
                    assert_within_bound(one, stored_us(conn, f"{where} AND {column} {own}"), 0.1)
        fold_once(database_url)


@pytest.mark.pgbouncer
@pytest.mark.parametrize("state", STATES)
def test_models_have_each_field_the_dearest_first(
    client: Client, database_url: str, state: str
) -> None:
    run = new_id()
    cheap = {"model": "cheap", "cost": 0.1, "tokens_in": 3, "tokens_out": 4, "latency_ms": 10}
    store(
        client,
        database_url,
        state,
        [
            moment(run, AT, data=cheap),
            moment(run, AT, data={**cheap, "cost": 0.2, "status": "error", "latency_ms": None}),
            moment(run, AT, data={"model": "dear", "cost": 2}),
            moment(run, AT, data={"cost": 9}),
        ],
    )
    for query in ("", WINDOW, "agent=agent", f"{WINDOW}&agent=agent"):
        dear, found = client.ok("/metrics/models", query_string=query)
        assert dear == {
            "model": "dear",
            "calls": 1,
            "errors": 0,
            "tokens_in": 0,
            "tokens_out": 0,
            "cached_tokens": 0,
            "cache_write_tokens": 0,
            "reasoning_tokens": 0,
            "cost": 2,
            "avg_latency_ms": 0,
            "p50_ms": 0,
            "p95_ms": 0,
            "p99_ms": 0,
        }
        assert (found["calls"], found["errors"], found["cost"]) == (2, 1, 0.3)
        assert (found["tokens_in"], found["tokens_out"], found["avg_latency_ms"]) == (6, 8, 10)
    assert client.ok("/metrics/models", query_string="agent=nobody") == []


def test_without_latencies_they_are_zeros(client: Client) -> None:
    client.send(event(new_id()))
    assert client.ok("/metrics/latency") == {
        "error_bound": 0.1,
        "overall": {"events": 0, "p50_ms": 0, "p95_ms": 0, "p99_ms": 0},
        "agents": [],
        "models": [],
        "event_types": [],
        "tools": [],
    }


@pytest.mark.parametrize("path", ["/metrics/latency", "/metrics/models"])
@pytest.mark.parametrize(
    ("query", "events"),
    [
        ("from=2026-11-01", 1),
        ("from=2026-11-02", 0),
        ("to=2026-11-01", 0),
        ("to=2026-11-01T00:00:01", 1),  # rounded up to the day's end
        ("from=2026-11-01T23:00:00&to=2026-11-01T23:30:00", 1),
        ("from=2026-11-02T00:30:00%2B01:00&to=2026-11-03", 1),
        ("from=1970-01-01&to=9000-12-31", 1),
    ],
)
def test_a_window_is_one_of_whole_days(client: Client, path: str, query: str, events: int) -> None:
    client.send(*calls([5.0]))
    found = client.ok(path, query_string=query)
    counted = found["overall"]["events"] if path.endswith("latency") else len(found)
    assert counted == events


@pytest.mark.parametrize("path", ["/metrics/latency", "/metrics/models"])
@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("from=tomorrow", "from"),
        ("to=infinity", "to"),
        ("from=2026-11-02&to=2026-11-02", "from"),
        ("from=2026-11-02T10:00:00Z&to=2026-11-02T10:30:00%2B01:00", "from"),
        ("agent=", "agent"),
        ("tz=Europe/Paris", "tz"),
        ("days=3", "days"),
    ],
)
def test_a_wrong_parameter_is_400_and_named(
    idle_client: Client, path: str, query: str, parameter: str
) -> None:
    answer = idle_client.simulate_get(path, query_string=query)
    assert (answer.status_code, answer.json["parameter"]) == (400, parameter)


def test_the_limit_keeps_the_groups_of_the_most_events(client: Client) -> None:
    for n in (2, 5, 3):
        run = new_id()
        data = {"latency_ms": 1, "model": f"m{n}"}
        client.send(*[event(run, agent_name=f"a{n}", data=data) for _ in range(n)])
    found = client.ok("/metrics/latency", query_string="limit=2")
    assert [one["agent_name"] for one in found["agents"]] == ["a5", "a3"]
    assert [one["model"] for one in found["models"]] == ["m5", "m3"]
    assert found["overall"]["events"] == 10
