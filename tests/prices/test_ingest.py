"""Costs at ingest: what was sent stays, what was not is computed where there is a price."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest

from service.db.queries import Connection, queries
from service.metrics.verify import verify
from service.prices.load import load, replace
from service.prices.reprice import reprice
from tests.client import Client
from tests.events import differences, event, new_id
from tests.ingest.otlp.spans import new_span_id, new_trace, run_of, send, span
from tests.prices.truth import EVER, FIRST, SECOND, call, prices, wrong_costs, wrong_prices
from tests.processes.harness import until

BEFORE, AFTER = "2026-11-21T23:59:59.999999Z", "2026-11-22T00:00:00Z"
WAITING = "SELECT FROM pg_locks WHERE relation = 'model_prices'::regclass AND NOT granted"
# data, timestamp: cost, cost_source
CASES: list[tuple[dict[str, Any], str, float | None, str | None]] = [
    (call(), BEFORE, 2.5, "computed"),
    (call(), AFTER, 5, "computed"),
    (call(), "2026-11-22T00:30:00+01:00", 2.5, "computed"),  # in UTC it is the day before
    (call(), "1980-01-01T00:00:00Z", None, None),  # not sold yet
    (call("gpt-4o-dated"), AFTER, 2.5, "computed"),  # an alias of the first line alone
    (call("GPT-4o"), AFTER, 5, "computed"),
    (call("openai/gpt-4o"), AFTER, 5, "computed"),
    (call("other"), AFTER, None, None),
    (call(None), AFTER, None, None),
    (call(cost=0.25), AFTER, 0.25, "client"),
    (call(cost=0), AFTER, 0, "client"),
    (call(cost=0.0), AFTER, 0, "client"),
    (call(cost="0.25"), AFTER, 0.25, "client"),
    (call(cost="much"), AFTER, 5, "computed"),  # of the wrong type: absent
    (call(cost=-1), AFTER, 5, "computed"),
    (call("unknown", cost=0.25), AFTER, 0.25, "client"),
    (call(tokens_in=None), AFTER, None, None),
    (call(tokens_in=0), AFTER, 0, "computed"),
    (call(tokens_in=None, tokens_out=500_000), AFTER, 10, "computed"),
    (call(tokens_out=500_000, reasoning_tokens=400_000), AFTER, 15, "computed"),
    (call(cache_read_tokens=400_000), BEFORE, 1.5 + 0.5, "computed"),
    (call(cache_write_tokens=400_000), BEFORE, 2.5, "computed"),  # no price of its own: as input
    (call(cache_write_tokens=400_000), AFTER, 3 + 2.5, "computed"),
    # More than went in: counted beside it, and added.
    (call(cache_read_tokens=700_000, cache_write_tokens=700_000), BEFORE, 5.125, "computed"),
    (call(cache_read_tokens=10**7), BEFORE, 2.5 + 12.5, "computed"),
    (call(cached_tokens="400000"), BEFORE, 1.5 + 0.5, "computed"),
    (call(cache_read_tokens="x", cache_write_tokens=True), BEFORE, 2.5, "computed"),
    (call("?", attributes={"gen_ai.request.model": "gpt-4o"}), AFTER, 5, "computed"),
    (call("?", attributes=["gen_ai.request.model"]), AFTER, None, None),
    (call(tokens_in=2**40, tokens_out=2**40), AFTER, 27487790.6944, "computed"),
]


@pytest.mark.parametrize("way", ["usual", "careful"])
def test_what_was_sent_stays_and_what_was_not_is_computed(
    client: Client, conn: Connection, database_url: str, way: str
) -> None:
    load(database_url, "test.csv", prices(FIRST))
    run = new_id()
    events = [
        event(run, "llm_call", n, timestamp=at, data=data)
        for n, (data, at, _, _) in enumerate(CASES)
    ]
    if way == "careful":
        events.append({"broken": True})
    assert client.send(*events).json["inserted"] == len(CASES)
    found = {e["event_id"]: e for e in client.ok(f"/api/runs/{run}/timeline")["events"]}
    nodes = {e["event_id"]: e for e in client.ok(f"/api/runs/{run}/trace")["execution_tree"]}
    for sent, (data, at, cost, source) in zip(events, CASES, strict=False):
        for stored in (found[sent["event_id"]], nodes[sent["event_id"]]):
            assert (stored["cost"], stored["cost_source"]) == (cost, source), data
            assert stored["data"] == data
            said = stored["priced_as"]
            assert (said is None) == (source != "computed")
            if said is not None:
                is_new = at == AFTER and data["model"] != "gpt-4o-dated"
                assert said["valid_from"] == ("2026-11-22" if is_new else "1990-01-01")
    total = sum(cost or 0 for _, _, cost, _ in CASES)
    assert client.run(run)["total_cost"] == pytest.approx(total, abs=1e-9)
    assert client.ok("/api/metrics/summary")["total_cost"] == client.run(run)["total_cost"]
    beside = 1_400_000 + 10**7
    assert client.ok("/api/metrics/summary")["total_tokens_in"] == beside + sum(
        data["tokens_in"] or 0 for data, _, _, _ in CASES
    )
    assert verify(database_url) == []


def test_keys_of_data_may_be_written_with_escapes(
    client: Client, conn: Connection, database_url: str
) -> None:
    load(database_url, "test.csv", prices(FIRST))
    sent = event(new_id(), data=call(cache_read_tokens=400_000), timestamp=BEFORE)
    body = orjson.dumps({"events": [sent]}).replace(b"cache_read", rb"cach\u0065_read")
    client.send_bytes(body)
    assert wrong_costs(conn) == []
    assert conn.execute("SELECT cost FROM events").fetchone() == {"cost": 2}


def test_spans_of_calls_have_a_price_too_and_their_cached_tokens_are_part_of_the_input(
    client: Client, conn: Connection, database_url: str
) -> None:
    load(database_url, "test.csv", prices(FIRST))
    trace, root = new_trace(), new_span_id()
    usage = {
        "gen_ai.operation.name": "chat",
        "gen_ai.response.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 1_000_000,
        "gen_ai.usage.cache_creation.input_tokens": 400_000,
        "gen_ai.usage.output_tokens": 500_000,
        "gen_ai.usage.reasoning.output_tokens": 400_000,
    }
    agent = {**usage, "gen_ai.operation.name": "invoke_agent"}
    send(
        client,
        span(trace, "agent", span_id=root, attributes=agent),
        span(trace, "unpriced", parent=root, attributes=usage),
        span(trace, "priced", parent=root, attributes={**usage, "gen_ai.usage.cost": 0.5}),
    )
    found = client.ok(f"/api/runs/{run_of(trace)}/timeline")["events"]
    costs = {(e["data"]["name"], e["cost"], e["cost_source"]) for e in found if e["cost"]}
    assert costs == {("unpriced", 3 + 2.5 + 10, "computed"), ("priced", 0.5, "client")}
    run = client.run(run_of(trace))
    assert (run["total_cost"], run["tokens_in"], run["tokens_out"]) == (16, 2_000_000, 1_000_000)
    assert verify(database_url) == []
    load(database_url, "test.csv", prices(SECOND))
    assert reprice(database_url, EVER, dry_run=False).changed == 1
    assert client.run(run_of(trace))["total_cost"] == 0.5 + 0.3 + 0.35
    assert wrong_prices(conn) == []


def test_an_event_that_comes_again_keeps_its_cost_whatever_the_prices_are_now(
    client: Client, other_client: Client, conn: Connection, database_url: str
) -> None:
    load(database_url, "test.csv", prices(FIRST))
    run, sent = new_id(), [event(new_id(), data=call()) for _ in range(3)]
    client.send(*sent)
    load(database_url, "test.csv", prices(SECOND))
    new = event(run, data=call())
    for each in (client, other_client):
        answer = each.send(*sent, new).json
        assert (answer["count"], answer["duplicates"]) == (4, 3 if each is client else 4)
    costs = conn.execute("SELECT cost FROM events ORDER BY cost").fetchall()
    assert [float(row["cost"]) for row in costs] == [0.3, 5, 5, 5]
    load(database_url, "test.csv", [])
    client.send(event(run, data=call()))
    assert conn.execute("SELECT FROM events WHERE cost IS NULL").rowcount == 1
    assert differences(conn) == []
    assert verify(database_url) == []


def test_who_stores_while_prices_are_loaded_waits_and_has_the_new_ones(
    client: Client, conn: Connection, database_url: str
) -> None:
    load(database_url, "test.csv", prices(FIRST))
    for _ in range(2):
        client.send(event(new_id(), data=call()))
    free = event(new_id(), data=call(cost=1))
    late = event(new_id(), data=call())
    with ThreadPoolExecutor(1) as pool:
        with conn.transaction():
            queries.prices.lock(conn)
            replace(conn, "test.csv", prices(SECOND))
            assert client.send(free).status_code == 200  # it asks for no price
            sending = pool.submit(client.send, late)
            until(lambda: conn.execute(WAITING).rowcount, "nobody waits for the prices")
        assert sending.result().json["inserted"] == 1
    (stored,) = client.ok(f"/api/runs/{late['run_id']}/timeline")["events"]
    assert stored["cost"] == 0.3


def test_a_load_waits_for_who_computes_costs_just_now(conn: Connection, database_url: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        with conn.transaction():
            queries.prices.loaded(conn)
            loading = pool.submit(load, database_url, "test.csv", prices(FIRST))
            until(lambda: conn.execute(WAITING).rowcount, "the load does not wait")
            assert not loading.done()
        assert len(loading.result().added) == 3


def test_an_integer_that_no_float_holds_beside_cached_tokens_changes_no_cost(
    client: Client, database_url: str
) -> None:
    load(database_url, "test.csv", prices(FIRST))
    run = new_id()
    more = {"modulus": 10**400, "attributes": {"gen_ai.request.model": "gpt-4o", "n": 10**400}}
    sent = [
        event(run, "llm_call", timestamp=BEFORE, data=call(cache_read_tokens=400_000) | more),
        event(run, "llm_call", 1, timestamp=AFTER, data=call("?") | more),
    ]
    body = json.dumps({"events": sent}).encode()
    assert client.send_bytes(body).json["inserted"] == 2
    assert client.run(run)["total_cost"] == 7
