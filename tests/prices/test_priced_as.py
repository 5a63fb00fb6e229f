"""What an event says of the price that its cost comes from, in every answer that shows the cost."""

from typing import Any

from service.db.queries import Connection
from service.metrics.verify import verify
from service.prices.built_in import read_package
from service.prices.load import load, update
from service.prices.reprice import reprice
from tests.client import Client
from tests.events import event, new_id
from tests.prices.truth import EVER, FIRST, call, prices, wrong_prices


def test_a_built_in_price_has_its_provider_and_its_tier(client: Client, database_url: str) -> None:
    update(database_url, read_package())
    run = new_id()
    long, short, own = (
        event(run, "llm_call", data=call("gemini-1.5-pro", 200_000)),
        event(run, "llm_call", data=call("vertex_ai/gemini-1.5-pro", 1_000)),
        event(run, "llm_call", data=call("gemini-1.5-pro", 1_000, cost=0.5)),
    )
    client.send(long, short, own)
    found = {each["event_id"]: each for each in client.ok(f"/api/runs/{run}/timeline")["events"]}
    said: dict[str, Any] = found[long["event_id"]]["priced_as"]
    assert (said["provider"], said["model"], said["above_tokens"]) == (
        "google",
        "gemini-1.5-pro",
        128_000,
    )
    said = found[short["event_id"]]["priced_as"]
    assert (said["provider"], said["model"]) == ("google", "gemini-1.5-pro")
    assert "above_tokens" not in said
    assert found[own["event_id"]]["priced_as"] is None


def test_every_answer_with_a_cost_says_from_which_price(client: Client, database_url: str) -> None:
    load(database_url, "test.csv", prices(FIRST))
    run, parent = new_id(), new_id()
    client.send(
        event(run, "agent_start", event_id=parent),
        event(run, "llm_call", parent_event_id=parent, data=call()),
    )
    timeline = client.ok(f"/api/runs/{run}/timeline")["events"][1]
    [node] = client.ok(f"/api/runs/{run}/trace")["execution_tree"][0]["children"]
    [child] = client.ok(f"/api/events/{parent}/children?run_id={run}")
    [found] = client.ok(f"/api/events?run_id={run}&event_type=llm_call")["events"]
    for answer in (timeline, node, child, found):
        assert answer["priced_as"] == {"model": "gpt-4o", "valid_from": "2026-11-22"}
        assert answer["data"] == call()


def test_costs_of_before_say_it_once_they_are_computed_again(
    client: Client, conn: Connection, database_url: str
) -> None:
    load(database_url, "test.csv", prices(FIRST))
    run = new_id()
    client.send(*(event(run, "llm_call", data=call()) for _ in range(3)))
    conn.execute("UPDATE events SET priced_as = NULL")
    assert len(wrong_prices(conn)) == 3
    done = reprice(database_url, EVER, dry_run=False)
    assert (done.events, done.changed, float(done.dollars)) == (3, 0, 0)
    assert wrong_prices(conn) == []
    assert client.run(run)["total_cost"] == 15
    assert verify(database_url) == []
