"""What holds for every path: error shape, methods, CORS, request ids, prefixes, health."""

import pytest

from service.db.query_reload import QueryReload
from tests.client import Client
from tests.events import event, new_id

pytestmark = pytest.mark.any_postgres

PAGE = "http://localhost:3000"


def test_errors_have_one_shape(client: Client) -> None:
    for answer in (
        client.simulate_get("/api/nothing"),
        client.simulate_get(f"/api/runs/{new_id()}"),
        client.simulate_put("/api/agents"),
        client.send_bytes(b"{"),
        client.send_bytes(b"{}", Content_Type="text/plain"),
    ):
        assert answer.status_code >= 400
        assert {"title", "description", "code", "request_id", "detail"} <= set(answer.json)
        assert answer.json["description"] == answer.json["detail"]
        assert answer.json["request_id"] == answer.headers["X-Request-Id"]
        assert answer.headers["Content-Type"].startswith("application/json")


def test_wrong_methods_are_405_and_say_which_are_right(client: Client) -> None:
    answer = client.simulate_put("/api/events")
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


def test_a_sent_request_id_is_kept_when_it_is_plain(client: Client) -> None:
    kept = client.simulate_get("/health", headers={"X-Request-Id": "abc-1.2_3"})
    assert kept.headers["X-Request-Id"] == "abc-1.2_3"
    replaced = client.simulate_get("/health", headers={"X-Request-Id": 'x" onload='})
    assert len(replaced.headers["X-Request-Id"]) == 32


def test_health_and_root(client: Client) -> None:
    assert client.ok("/health")["status"] == "healthy"
    assert client.ok("/health")["database"] == "connected"
    assert client.ok("/")["name"] == "GATI Backend"


def test_health_is_503_while_the_database_is_away() -> None:
    with Client.of("postgresql://nobody@127.0.0.1:1/nothing") as client:
        answer = client.simulate_get("/health")
        assert (answer.status_code, answer.json["status"]) == (503, "unhealthy")
        read = client.simulate_get("/api/agents")
        write = client.send(event(new_id()))
        for refused in (answer, read, write):
            assert refused.status_code == 503
            assert refused.headers["Retry-After"] == "1"
        assert write.json["retry_after"] == 1


@pytest.mark.parametrize("path", ["/api/agents", "/agents", "/api/events", "/runs/a/b", "/health"])
def test_preflight_works_for_every_route(client: Client, path: str) -> None:
    answer = client.simulate_options(
        path,
        headers={
            "Origin": PAGE,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert (
        "GET" in answer.headers["Access-Control-Allow-Methods"]
        or "POST" in answer.headers["Access-Control-Allow-Methods"]
    )


def test_errors_carry_cors_too(client: Client) -> None:
    answer = client.simulate_get("/api/agents/nobody", headers={"Origin": PAGE})
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE


def test_other_origins_get_nothing(client: Client) -> None:
    answer = client.simulate_get("/api/agents", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Vary"] == "Origin"


def test_origins_and_prefix_are_configured(database_url: str) -> None:
    with Client.of(database_url, CORS_ORIGINS="*", API_PREFIX="/v2") as client:
        answer = client.simulate_get("/v2/agents", headers={"Origin": "https://any.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert client.simulate_get("/api/agents").status_code == 404
        assert client.simulate_get("/agents").status_code == 200
    with Client.of(database_url, API_PREFIX="/") as client:
        assert client.simulate_get("/agents").status_code == 200


def test_debug_reads_the_sql_files_anew(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reloads: list[int] = []
    monkeypatch.setattr(QueryReload, "__call__", lambda self: reloads.append(1))
    with Client.of(database_url, DEBUG="true") as client:
        client.ok("/health")
    assert reloads == [1]
    with Client.of(database_url) as client:
        client.ok("/health")
    assert reloads == [1]
