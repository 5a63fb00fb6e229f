"""Paths and headers over the wire: names of every kind, and what is no request."""

from urllib.parse import quote

import pytest

from tests.events import Event, event, new_id
from tests.http.wire import batch, exchange, get, head, post
from tests.service import Service

EAGLES = "🦅" * 255


def send(service: Service, one: Event) -> None:
    """Store an event."""
    assert exchange(service, post(batch(one))).json["inserted"] == 1


@pytest.mark.parametrize(
    ("agent", "run"),
    [
        ("a/b", "c/d"),
        ("a%2Fb", "100%"),
        ("...", "..."),
        ("../..", "%2E"),
        ('say "it\'s"', "'; DROP TABLE runs; --"),
        ("é", "日本 🦅"),
        ("question?", "hash#"),
        ("plus+plus", "a&b=c;d"),
        ("timeline", "timeline"),
        ("trace", "trace"),
        ("مرحبا", "<>"),
        ("semi;colon", "back\\slash"),
        (EAGLES, EAGLES),
    ],
)
def test_a_name_of_any_kind_is_found_by_its_path(service: Service, agent: str, run: str) -> None:
    run_id = new_id()
    send(service, event(run_id, agent_name=agent, run_name=run))
    named = f"{quote(agent, safe='')}/{quote(run, safe='')}"
    for prefix in ("/api", ""):
        found = exchange(service, get(f"{prefix}/runs/{named}")).json
        assert (found["run_id"], found["agent_name"], found["run_name"]) == (run_id, agent, run)
        for view in ("timeline", "trace"):
            viewed = exchange(service, get(f"{prefix}/runs/{named}/{view}")).json
            assert (viewed["run_id"], len(viewed["events"])) == (run_id, 1)
        agent_path = f"{prefix}/agents/{quote(agent, safe='')}"
        assert exchange(service, get(agent_path)).json["name"] == agent
        assert run_id in {r["run_id"] for r in exchange(service, get(agent_path + "/runs")).json}
    assert exchange(service, head("DELETE", f"/api/runs/{named}")).status == 200
    assert exchange(service, get(f"/api/runs/{named}")).status == 404


def test_the_link_to_the_next_page_leads_on_for_a_name_with_a_slash(service: Service) -> None:
    agent = f"pages/of ü {new_id()}"
    for seconds in range(3):
        send(service, event(new_id(), seconds=seconds, agent_name=agent))
    seen, path, query = [], f"/api/agents/{quote(agent, safe='')}/runs", "?limit=1"
    while query:
        page = exchange(service, get(path + query))
        seen += [run["run_name"] for run in page.json]
        query = page.headers.get("link", "").partition("<")[2].partition(">")[0]
    assert seen == ["run 3", "run 2", "run 1"]


@pytest.mark.parametrize(
    "target",
    [
        "*",
        "/api/agents/é",
        "/api/agents/%zz",
        "/api/agents/%ff",
        "/api/agents/%",
        "/api/agents/%00",
        "/api/agents/%0d%0aSet-Cookie:%20a=b",
        "/api/runs/%c3%28/%fe",
        "/../../etc/passwd",
        "/api/../health",
        "/api/agents/../../health",
        "/api//agents",
        "/api/agents/" + "x" * 8000,
        "/" + "%F0%9F%A6%85" * 3000,
        "/api/agents/" + "x" * 100_000,
        "/api/runs/a/b/c/d",
    ],
)
def test_a_path_that_leads_nowhere_is_4xx(service: Service, target: str) -> None:
    answer = exchange(service, get(target))
    assert 400 <= answer.status < 500
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-type"].startswith(("application/json", "text/html"))


@pytest.mark.parametrize(
    "value", ["a\rSet-Cookie: a=b", "a\nSet-Cookie: a=b", "a\0b", "a\r\n Set-Cookie: a=b", 'x"><b>']
)
def test_nothing_in_a_header_reaches_the_headers_of_the_answer(
    service: Service, value: str
) -> None:
    request = get("/health", X_Request_Id=value, Origin=value)
    answer = exchange(service, request)
    assert answer.status == 400 or len(answer.headers["x-request-id"]) == 32
    assert "set-cookie" not in answer.headers
    assert b"Set-Cookie" not in answer.body.partition(b"<")[0]


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "PUT", "PROPFIND", "BREW", "WEBSOCKET"])
def test_a_method_that_is_not_known_is_4xx_in_the_shape_of_all_errors(
    service: Service, method: str
) -> None:
    answer = exchange(service, head(method, "/health", X_Request_Id="mine"))
    assert answer.status in (400, 405)
    assert {"title", "description", "code", "request_id", "detail"} <= set(answer.json)
    assert answer.json["request_id"] == answer.headers["x-request-id"] == "mine"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SCRIPT_NAME", "/x"),
        ("SCRIPT_NAME", "/health"),
        ("PATH_INFO", "/api/nothing"),
        ("X-Original-URI", "/api/nothing"),
        ("X-Forwarded-Prefix", "/x"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("Upgrade", "h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk"),
        ("Upgrade", "websocket\r\nConnection: Upgrade"),
    ],
)
def test_no_header_leads_a_request_somewhere_else(service: Service, name: str, value: str) -> None:
    request = f"GET /health HTTP/1.1\r\nHost: x\r\n{name}: {value}\r\n\r\n".encode()
    answer = exchange(service, request)
    assert (answer.status, answer.json["status"]) == (200, "healthy")


@pytest.mark.parametrize(
    "query", ["limit=%ff", "limit=%zz", "limit=1&limit=2", "%00=1", "cursor=%00", "limit=", "a"]
)
def test_a_query_that_is_none_is_400(service: Service, query: str) -> None:
    send(service, event(new_id(), agent_name="asked"))
    answer = exchange(service, get(f"/api/agents/asked/runs?{query}"))
    assert (answer.status, answer.code) == (400, "invalid_parameter")


def test_a_target_in_absolute_form_is_understood(service: Service) -> None:
    run_id = new_id()
    agent = f"abs/olute {run_id}"
    path = quote(agent, safe="")
    send(service, event(run_id, agent_name=agent, run_name="run"))
    origin = f"http://127.0.0.1:{service.port}"
    assert exchange(service, get(f"{origin}/health")).json["status"] == "healthy"
    assert exchange(service, get(f"{origin}/api/runs/{path}/run")).json["run_id"] == run_id
    page = exchange(service, get(f"{origin}/api/agents/{path}/runs?limit=1")).json
    assert [run["run_id"] for run in page] == [run_id]
    assert exchange(service, get(origin)).json["name"] == "GATI Backend"
    assert exchange(service, get(f"{origin}/api/nothing")).status == 404
