"""/metrics of a real service with two workers: everything is counted, and by any of them told."""

import psycopg
import pytest
import requests
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as read_openmetrics,
)
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from service.auth.key_admin import create
from service.auth.scopes import Scope
from tests.client import Client
from tests.events import event, new_id
from tests.http.wire import batch, exchange, head
from tests.processes.harness import until
from tests.service import Service
from tests.telemetry.scraped import Scrape

REQUESTS, SECONDS = "gati_http_requests_total", "gati_http_request_duration_seconds_count"
EVENTS = "gati_ingest_events_total"


def scrape(service: Service) -> Scrape:
    """What a worker says, on a connection of its own."""
    answer = service.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return Scrape(answer.text)


def outcomes(found: Scrape) -> list[float]:
    """Events by what became of them."""
    return [found.total(EVENTS, outcome=name) for name in ("inserted", "duplicate", "rejected")]


def test_events_and_batches_are_counted_whoever_took_them_and_whoever_is_asked(
    service: Service,
) -> None:
    before = scrape(service)
    for _ in range(8):  # connections of their own, so of either worker
        one, other = event(new_id()), event(new_id())
        for sent in ([one, other, {}], [one, one, other], [{"run_id": 1}]):
            assert service.post(batch(*sent)).status_code in (200, 422)
    for _ in range(8):
        after = scrape(service)
        added = [a - b for a, b in zip(outcomes(after), outcomes(before), strict=True)]
        assert added == [16, 24, 16]
        name = "gati_ingest_batch_events"
        assert after.total(f"{name}_count") - before.total(f"{name}_count") == 24
        assert after.total(f"{name}_sum") - before.total(f"{name}_sum") == 56
        name = "gati_ingest_transaction_events"
        assert after.total(f"{name}_sum") - before.total(f"{name}_sum") == 40
    assert after.total("gati_database_up") == 1
    until(lambda: scrape(service).total("gati_workers") == 2, "the second has not begun")


def test_requests_are_counted_by_route_and_status_and_never_by_path(service: Service) -> None:
    before = scrape(service)
    for name in ("canary-one", "canary-two"):
        for path in (f"/api/agents/{name}", f"/agents/{name}", f"/{name}", f"/{name}/x/y"):
            assert service.get(path).status_code == 404
    requests.request("PROPFIND", f"{service.url}/api/agents", timeout=30)
    requests.head(f"{service.url}/api/agents", timeout=30)
    for refused in (b"no HTTP\r\n\r\n", head("CANARY-METHOD", "/api/agents")):
        assert exchange(service, refused).status == 400
    after = scrape(service)

    def added(name: str, **labels: str) -> float:
        return after.total(name, **labels) - before.total(name, **labels)

    agent = {"method": "GET", "route": "/agents/{agent_name}"}
    assert added(REQUESTS, **agent, status="404") == added(SECONDS, **agent) == 4
    assert added(REQUESTS, method="GET", route="unmatched", status="404") == 4
    assert added(REQUESTS, method="other", route="/agents", status="405") == 1
    assert added(REQUESTS, method="other", route="invalid", status="400") == 1
    assert added(REQUESTS, method="other", status="400") == 2
    assert added(REQUESTS, method="HEAD", route="/agents", status="200") == 1
    assert "canary" not in service.get("/metrics").text.lower()


def test_what_is_looked_at_each_second_is_there_and_what_the_database_says(
    service: Service,
) -> None:
    service.ok("/api/agents")
    until(
        lambda: scrape(service).total("gati_pool_requests_total", pool="read") > 0,
        "the pool is not looked at",
    )
    until(lambda: scrape(service).total("gati_fold_leader") == 1, "nobody leads")
    service.post(batch(event(new_id())))
    until(lambda: scrape(service).total("gati_folded_deltas_total") > 0, "no fold has been counted")
    until(lambda: scrape(service).total("gati_ingest_queue_events") == 0, "an event waits")
    found = scrape(service)
    # Of 20: each of two workers keeps six for other uses.
    assert found.total("gati_pool_connections_max", pool="read") == 8
    assert found.total("gati_deltas_waiting") >= 0
    assert found.total("gati_last_fold_timestamp_seconds") > 1.7e9
    assert found.total("gati_fold_duration_seconds_count") > 0


def test_spans_are_events_too(client: Client) -> None:
    span = {"traceId": "a" * 32, "spanId": "b" * 16, "name": "chat", "startTimeUnixNano": "1"}
    spans = [span | {"endTimeUnixNano": "2"}, {"name": "no ids"}]
    body = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    before = Scrape(client.simulate_get("/metrics").text)
    for _ in range(2):
        assert client.simulate_post("/v1/traces", json=body).status_code == 200
    after = Scrape(client.simulate_get("/metrics").text)
    added = [a - b for a, b in zip(outcomes(after), outcomes(before), strict=True)]
    assert added == [2, 2, 2]  # of a trace, its first span makes a run's start as well


def test_openmetrics_is_answered_to_who_asks_for_it(service: Service) -> None:
    answer = requests.get(
        f"{service.url}/metrics",
        headers={"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"},
        timeout=30,
    )
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    families = {one.name for one in read_openmetrics(answer.text)}  # type: ignore[no-untyped-call]
    assert {"gati_http_requests", "gati_database_up", "gati_build"} <= families


def test_what_is_refused_before_it_is_read_is_counted(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gate() -> float:
        text = client.simulate_get("/metrics").text
        return Scrape(text).total(REQUESTS, method="POST", route="gate", status="503")

    before = gate()
    monkeypatch.setattr(client, "app", client.crowded())
    assert client.send(event(new_id())).status_code == 503
    assert gate() == before + 1


def test_while_postgresql_is_away_it_answers_whoever_has_a_key(
    database_url: str, server_url: str
) -> None:
    key = {"Authorization": f"Bearer {create(database_url, 'prometheus', Scope.READ, None)}"}
    with Client.of(database_url) as client:
        there = Scrape(client.simulate_get("/metrics", headers=key).text)
        assert (there.total("gati_database_up"), there.total("gati_deltas_waiting")) == (1, 0)
        close(server_url, str(conninfo_to_dict(database_url)["dbname"]))
        answer = client.simulate_get("/metrics", headers=key)
        assert answer.status_code == 200
        away = Scrape(answer.text)
        assert away.total("gati_database_up") == 0
        assert "gati_deltas_waiting" not in answer.text
        assert away.total(REQUESTS, route="/metrics", status="200") >= 1
        assert client.simulate_get("/metrics").status_code == 401


def close(server_url: str, name: str) -> None:
    """Let nobody into a database any more, and end those who are."""
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(Identifier(name)))
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
