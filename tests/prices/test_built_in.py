"""The built-in prices: which names they know, from which day, above how many tokens."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest
from genai_prices import Usage, calc_price

from service.db.queries import Connection, queries
from service.ingest.json.batch import parse_batch
from service.prices.built_in import BuiltIn, read_package
from service.prices.load import load, load_first, update
from service.prices.price_list import CurrentPrices, PriceList
from service.prices.reprice import reprice
from service.writer.costs import remember_names, set_costs
from tests.client import Client
from tests.events import event, new_id
from tests.prices.truth import EVER, call, prices

DAY = date(2026, 11, 1)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
# Names as clients and gateways send them, and the model whose price each has.
NAMES = {
    "gpt-4o": "openai/gpt-4o",
    "openai/gpt-4o": "openai/gpt-4o",
    "azure/gpt-4o": "openai/gpt-4o",
    "GPT-4O": "openai/gpt-4o",
    "gpt-4o-2024-05-13": "openai/gpt-4o-2024-05-13",
    "ft:gpt-4o-mini:org": "openai/gpt-4o-mini",
    "gpt-4-0613": "openai/gpt-4",
    "text-embedding-3-small": "openai/text-embedding-3-small",
    "claude-3-5-sonnet@20240620": "anthropic/claude-3-5-sonnet",
    "models/gemini-2.0-flash": "google/gemini-2.0-flash",
    "vertex_ai/gemini-2.0-flash": "google/gemini-2.0-flash",
    "groq/llama-3.3-70b-versatile": "groq/llama-3.3-70b-versatile",
    "openrouter/openai/gpt-4o": "openrouter/openai/gpt-4o",
    "us.anthropic.claude-3-5-sonnet-20241022-v2:0": (
        "aws/regional.anthropic.claude-3-5-sonnet-20241022-v2:0"
    ),
    "my-own-model": None,
    "llama3.1": None,  # whose? it may run on the user's own machine
}


@pytest.fixture(scope="module")
def package() -> BuiltIn:
    return read_package()


@pytest.fixture
def known(conn: Connection, database_url: str, package: BuiltIn) -> Iterator[PriceList]:
    """The list as a writer reads it from the database."""
    update(database_url, package)
    with conn.transaction():
        yield CurrentPrices().at(conn, queries.prices.loaded(conn).fetchone())


def test_names_find_their_model(known: PriceList) -> None:
    found = {name: known.model_of(name) for name in NAMES}
    assert {name: model and "/".join(model) for name, model in found.items()} == NAMES


def test_each_model_costs_what_the_package_says(known: PriceList, package: BuiltIn) -> None:
    compared = 0
    for row in package.prices:
        if row["provider"] not in ("openai", "anthropic", "google") or row["above_tokens"]:
            continue
        found = known.find(f"{row['provider']}/{row['model']}", DAY)
        if found is None or row["cache_read_per_million"] is None:
            continue
        usage = Usage(input_tokens=1_000_000, cache_read_tokens=400_000, output_tokens=10_000)
        said = calc_price(
            usage, row["model"], provider_id=row["provider"], genai_request_timestamp=NOON
        )
        cost = known.find(f"{row['provider']}/{row['model']}", DAY, 1_000_000)
        assert cost is not None
        if said.model.id == row["model"]:
            assert float(cost.cost(1_000_000, 10_000, 400_000, 0) or 0) == pytest.approx(
                float(said.total_price)
            ), row
            compared += 1
    assert compared > 50


def test_long_contexts_have_their_own_price(known: PriceList) -> None:
    usual, at_limit, above = (
        known.look_up("gemini-1.5-pro", DAY, tokens) for tokens in (1_000, 128_000, 128_001)
    )
    assert usual
    assert above
    assert at_limit
    assert [found.key[3] for found in (usual, at_limit, above)] == [0, 0, 128_000]
    assert above.price.input == 2 * usual.price.input


def test_the_operator_s_file_comes_first(
    client: Client, conn: Connection, database_url: str, package: BuiltIn
) -> None:
    update(database_url, package)
    load(database_url, "own.csv", prices(["gpt-4o,,2020-01-01,7,7,,,,"]))
    update(database_url, package)  # an upgrade leaves the file as it is
    run = new_id()
    client.send(
        event(run, "llm_call", 1, data=call("openai/gpt-4o")),
        event(run, "llm_call", 2, data=call("gpt-4o-mini")),
    )
    events = client.ok(f"/api/runs/{run}/timeline")["events"]
    assert [found["cost"] for found in events] == [7, 0.15]
    load(database_url, "own.csv", [])
    assert reprice(database_url, EVER, dry_run=False).changed == 1
    assert client.run(run)["total_cost"] == 2.65


def test_the_first_start_loads_them_once(conn: Connection, database_url: str) -> None:
    loaded = load_first(database_url)
    assert loaded is not None
    assert "genai-prices" in loaded
    assert load_first(database_url) is None
    [row] = conn.execute("SELECT action, subject FROM audit_log").fetchall()
    assert row["action"] == "update prices"
    assert " added, 0 changed" in row["subject"]


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.request.model": "gpt-4o", "llm.model_name": "?"},
        {"gen_ai.request.model": 5, "llm.model_name": "gpt-4o"},
        {"ai.model.id": "gpt-4o"},
    ],
)
def test_a_response_model_without_a_price_costs_what_was_requested(
    client: Client, database_url: str, package: BuiltIn, attributes: dict[str, Any]
) -> None:
    update(database_url, package)
    run = new_id()
    client.send(event(run, "llm_call", 1, data=call("proxy-17", attributes=attributes)))
    assert client.run(run)["total_cost"] == 2.5
    assert reprice(database_url, EVER, dry_run=True).changed == 0


@pytest.mark.parametrize("data", [{}, {"attributes": []}, {"attributes": None}, {"attributes": {}}])
def test_a_requested_model_beside_the_attributes_costs_nothing_and_fails_nobody(
    client: Client, data: dict[str, Any]
) -> None:
    sent = {**call("proxy-17"), **data, "gen_ai.request.model": "gpt-4o"}
    answer = client.send(event(new_id(), "llm_call", data=sent), event(new_id()))
    assert (answer.status_code, answer.json["inserted"]) == (200, 2)


def test_the_api_tells_what_a_call_costs(
    client: Client, database_url: str, package: BuiltIn
) -> None:
    update(database_url, package)
    found = client.ok("/api/prices?model=openai/gpt-4o&at=2026-11-01")
    assert found["model"] == "openai/gpt-4o"
    assert (found["price"]["provider"], found["price"]["model"]) == ("openai", "gpt-4o")
    assert found["price"]["input_per_million"] == 2.5
    long = client.ok("/api/prices?model=gemini-1.5-pro&tokens_in=200000")["price"]
    assert long["above_tokens"] == 128_000
    assert client.ok("/api/prices?model=my-own-model") == {"model": "my-own-model", "price": None}


def test_the_api_tells_which_models_in_use_lack_a_price(
    client: Client, database_url: str, package: BuiltIn
) -> None:
    update(database_url, package)
    day = datetime.now(UTC).date()
    old = (day - timedelta(days=20)).isoformat()
    for data, timestamp in (
        ({"model": "mine", "tokens_in": 7, "tokens_out": 2}, day.isoformat()),
        ({"model": "mine", "tokens_in": 1}, day.isoformat()),
        ({"model": "said", "tokens_in": 9, "cost": 0.1}, day.isoformat()),
        ({"model": "gpt-4o", "tokens_in": 9, "cost": 0}, day.isoformat()),
        ({"model": "no tokens"}, day.isoformat()),
        ({"model": "once", "tokens_in": 99}, old),
    ):
        client.send(event(new_id(), "llm_call", timestamp=timestamp + "T00:00:00Z", data=data))
    mine = {"model": "mine", "calls": 2, "tokens_in": 8, "tokens_out": 2}
    once = {"model": "once", "calls": 1, "tokens_in": 99, "tokens_out": 0, "last_day": old}
    found = client.ok("/api/prices/missing")
    assert found["models"] == [{**mine, "last_day": day.isoformat()}]
    assert found["since"] == (day - timedelta(days=7)).isoformat()
    assert client.ok(f"/api/prices/missing?from={old}")["models"] == [once, *found["models"]]
    assert client.ok(f"/api/prices/missing?from={old}&limit=1")["models"] == [once]
    load(database_url, "own.csv", prices(["mine,,2020-01-01,1,2,,,,"]))
    assert client.ok("/api/prices/missing")["models"] == []


def test_the_api_lists_all_prices_in_pages(
    client: Client, database_url: str, package: BuiltIn
) -> None:
    load(database_url, "own.csv", prices(["mine,,2020-01-01,1,2,,,,"]))
    update(database_url, package)
    listed, cursor = [], ""
    while cursor is not None:
        page = client.ok(f"/api/prices?limit=1000{cursor and f'&cursor={cursor}'}")
        listed += page["prices"]
        cursor = page["next_cursor"]
    assert len(listed) == len(package.prices) + 1
    assert (listed[0]["provider"], listed[0]["model"]) == (None, "mine")
    of_one = client.ok("/api/prices?provider=cohere&limit=1000")["prices"]
    assert of_one == [row for row in listed if row["provider"] == "cohere"]


@pytest.mark.parametrize("cursor", ["x", "WzEsMiwzLDRd", "WyJhIiwiYiIsIjIwMjAtMDEtMDEiLHRydWVd"])
def test_a_cursor_of_something_else_is_refused(idle_client: Client, cursor: str) -> None:
    assert idle_client.simulate_get(f"/api/prices?cursor={cursor}").status_code == 400


def test_a_request_of_each_model_has_all_costs(
    client: Client, database_url: str, package: BuiltIn
) -> None:
    """Of 250 models that a worker had not seen, one request had 128 calls without a cost."""
    update(database_url, package)
    models = dict.fromkeys(f"{row['provider']}/{row['model']}" for row in package.prices)
    names = [*models, *(f"{model}-2024-05-{day:02}" for model in models for day in (1, 2))]
    run = new_id()
    client.send(*[event(run, "llm_call", n % 60, data=call(name)) for n, name in enumerate(names)])
    assert client.run(run)["event_count"] == len(names)
    assert client.run(run)["total_cost"] > 0
    repriced = reprice(database_url, EVER, dry_run=True)
    assert (repriced.events, repriced.changed) == (len(names), 0)


def test_names_are_looked_up_before_the_transaction_that_holds_their_runs(known: PriceList) -> None:
    """So that a request pays for its made-up names, and no other waits for them."""
    requested = {"gen_ai.request.model": "made up too"}
    calls = [call("made up"), call("made up 2"), call("made up 3", attributes=requested)]
    events = [event(new_id(), "llm_call", data=data) for data in calls]
    rows = parse_batch(orjson.dumps({"events": events}), 10, 10_000).rows
    remember_names(rows, known)
    looked_up = known._matching.cache_info().misses
    assert looked_up == 4
    set_costs(rows, known)
    assert known._matching.cache_info().misses == looked_up
    assert all(row.cost is None for row in rows)
