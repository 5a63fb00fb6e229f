"""Every route and method, asked with every kind of key. A new route fails until it stands here."""

import base64

import pytest
from falcon import inspect

from tests.auth.conftest import Keys
from tests.client import Client
from tests.events import event, new_id

pytestmark = pytest.mark.any_postgres

PUBLIC, ANY_KEY, READ, INGEST, ADMIN = "public", "any key", "read", "ingest", "admin"
ROUTES = {
    ("GET", "/"): PUBLIC,
    ("GET", "/health"): PUBLIC,
    ("GET", "/livez"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("GET", "/openapi.json"): PUBLIC,
    ("GET", "/docs"): PUBLIC,
    ("GET", "/docs/{name:name}"): PUBLIC,
    ("GET", "/ui"): PUBLIC,
    ("GET", "/ui/{address:path}"): PUBLIC,
    ("GET", "/ui/assets/{version:name}/{name:path}"): PUBLIC,
    ("GET", "/metrics"): READ,
    ("POST", "/events"): INGEST,
    ("POST", "/events/check"): ANY_KEY,
    ("POST", "/v1/traces"): INGEST,
    ("POST", "/v1/metrics"): INGEST,
    ("POST", "/v1/logs"): INGEST,
    ("POST", "/public/otel/v1/traces"): INGEST,
    ("GET", "/events/stream"): READ,
    ("GET", "/events"): READ,
    ("GET", "/events/{event_id:name}/children"): READ,
    ("GET", "/agents"): READ,
    ("GET", "/agents/{agent_name:name}"): READ,
    ("PATCH", "/agents/{agent_name:name}"): ADMIN,
    ("DELETE", "/agents/{agent_name:name}"): ADMIN,
    ("GET", "/agents/{agent_name:name}/runs"): READ,
    ("GET", "/agents/{agent_name:name}/metrics"): READ,
    ("GET", "/sessions"): READ,
    ("GET", "/sessions/{session_id:name}"): READ,
    ("GET", "/users"): READ,
    ("GET", "/metrics/summary"): READ,
    ("GET", "/metrics/cost-timeline"): READ,
    ("GET", "/metrics/tokens-timeline"): READ,
    ("GET", "/metrics/agents-comparison"): READ,
    ("GET", "/metrics/timeseries"): READ,
    ("GET", "/metrics/changes"): READ,
    ("GET", "/metrics/runs"): READ,
    ("GET", "/metrics/models"): READ,
    ("GET", "/metrics/tools"): READ,
    ("GET", "/metrics/versions"): READ,
    ("GET", "/metrics/latency"): READ,
    ("GET", "/metrics/scores"): READ,
    ("GET", "/errors"): READ,
    ("GET", "/errors/{fingerprint:name}"): READ,
    ("GET", "/scores"): READ,
    ("POST", "/scores"): INGEST,
    ("DELETE", "/scores/{score_id:name}"): ADMIN,
    ("POST", "/public/scores"): INGEST,
    ("POST", "/public/ingestion"): INGEST,
    ("GET", "/prices"): READ,
    ("GET", "/prices/missing"): READ,
    ("GET", "/export/events.ndjson"): READ,
    ("GET", "/export/events.csv"): READ,
    ("GET", "/export/runs.csv"): READ,
    ("GET", "/export/otlp.jsonl"): READ,
    ("GET", "/export/chrome.json"): READ,
    ("GET", "/runs"): READ,
    ("GET", "/runs/{key:name}"): READ,
    ("DELETE", "/runs/{key:name}"): ADMIN,
    ("GET", "/runs/{key:name}/{run_name:name}"): READ,
    ("PATCH", "/runs/{key:name}/{run_name:name}"): ADMIN,
    ("DELETE", "/runs/{key:name}/{run_name:name}"): ADMIN,
    ("GET", "/runs/{key:name}/{run_name:name}/{view:name}"): READ,
}
INVALID = ("none", "expired", "revoked", "unknown")
# What a key of each scope may do.
ALLOWED = {
    INGEST: {PUBLIC, ANY_KEY, INGEST},
    READ: {PUBLIC, ANY_KEY, READ},
    ADMIN: {PUBLIC, ANY_KEY, INGEST, READ, ADMIN},
}


def registered(client: Client) -> set[tuple[str, str]]:
    """Every route of the application with its methods, by its path without the prefix."""
    return {
        (method.method, route.path.removeprefix("/api"))
        for route in inspect.inspect_routes(client.app.app)  # type: ignore[attr-defined]
        for method in route.methods
        if not method.internal and method.method != "HEAD"
    }


def test_every_route_stands_in_the_table(client: Client) -> None:
    assert registered(client) == set(ROUTES)


def filled(path: str) -> str:
    """A path of the route for something that is not there; of the one without end, an error."""
    if path == "/events/stream":
        return f"{path}?last_event_id=nothing"
    segments = ("nothing" if part.startswith("{") else part for part in path.split("/"))
    return "/".join(segments)


def test_every_route_asks_for_its_scope_and_no_other(database_url: str, keys: Keys) -> None:
    wrong: list[str] = []
    with Client.of(database_url) as client:
        for (method, path), needed in ROUTES.items():
            for prefix in ("/api", "") if path != "/" else ("",):
                for which in (*INVALID, *ALLOWED):
                    for asked in {method, "HEAD" if method == "GET" else method}:
                        status = client.simulate_request(
                            asked, prefix + filled(path), headers=keys.header(which)
                        ).status_code
                        if not as_expected(status, which, needed):
                            wrong.append(f"{asked} {prefix}{path} with {which}: {status}")
    assert wrong == []


def as_expected(status: int, which: str, needed: str) -> bool:
    """Whether a status is what a kind of key is to get where a scope is needed."""
    if needed == PUBLIC:
        # The pages have no such assets; /ui leads to /ui/.
        return status in (200, 302, 404)
    if which in INVALID:
        return status == 401
    if needed not in ALLOWED[which]:
        return status == 403
    return status not in (401, 403)


@pytest.mark.parametrize("which", INVALID)
def test_whatever_is_wrong_with_a_key_the_answer_is_the_same(
    database_url: str, keys: Keys, which: str
) -> None:
    with Client.of(database_url) as client:
        answer = client.simulate_get("/api/agents", headers=keys.header(which))
    assert answer.json["code"] == "unauthorized"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json["description"] == "Send a valid key: Authorization: Bearer gati_…"


@pytest.mark.parametrize(
    "sent",
    [
        *("", "Bearer", "Bearer ", "Bearer gati_admin_x_y", "{admin}", "Bearer {admin}x"),
        *("Basic", "Basic YTpi", "Basic {admin}", "Basic !", "Basic /w==", "Digest {admin}"),
    ],
)
def test_what_is_no_key_is_refused(database_url: str, keys: Keys, sent: str) -> None:
    headers = {"Authorization": sent.format(admin=keys.admin)}
    with Client.of(database_url) as client:
        assert client.simulate_get("/api/agents", headers=headers).status_code == 401


@pytest.mark.parametrize("user", ["", "pk-lf-1234", "gati"])
def test_a_key_may_be_the_password_of_basic(database_url: str, keys: Keys, user: str) -> None:
    pair = base64.b64encode(f"{user}:{keys.read}".encode()).decode()
    with Client.of(database_url) as client:
        for sent in (f"Basic {pair}", f"basic  {pair}"):
            answer = client.simulate_get("/api/agents", headers={"Authorization": sent})
            assert answer.status_code == 200
        other = base64.b64encode(f"{keys.read}:".encode()).decode()
        answer = client.simulate_get("/api/agents", headers={"Authorization": f"Basic {other}"})
        assert answer.status_code == 401


def test_a_body_is_not_read_for_who_may_not_send_it(database_url: str, keys: Keys) -> None:
    """What cannot be parsed would be 400."""
    with Client.of(database_url) as client:
        answer = client.send_bytes(b"{", **keys.header("read"))
        assert (answer.status_code, answer.json["code"]) == (403, "wrong_scope")
        assert "ingest" in answer.json["description"]
        run = new_id()
        assert client.send(event(run), headers=keys.header("ingest")).status_code == 200
        assert client.simulate_get(f"/api/runs/{run}", headers=keys.header("read")).json


def test_a_browser_may_ask_before_it_sends_a_key(database_url: str, keys: Keys) -> None:
    headers = {
        "Origin": "http://localhost:3000",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    with Client.of(database_url) as client:
        answer = client.simulate_options("/api/agents", headers=headers)
    assert answer.status_code == 200
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"].lower()
    assert "Access-Control-Allow-Credentials" not in answer.headers
