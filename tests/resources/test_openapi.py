"""/openapi.json is true: it has every route, and real answers are as it says.

tests/fuzz gets hundreds of answers from every path; here are those that it cannot provoke.
"""

import re
from typing import Any

import pytest
from falcon import inspect, testing
from jsonschema import Draft202012Validator, ValidationError
from openapi_spec_validator import validate

from tests.client import Client
from tests.events import event, new_id
from tests.openapi import close

Document = dict[str, Any]
METRICS = [
    *("summary", "agents-comparison", "cost-timeline", "tokens-timeline", "models", "tools"),
    *("latency", "versions", "runs", "changes"),
]
VIEWS = [
    *("fields=summary", "max_depth=0", "fields=summary&max_depth=0"),
    *("fields=flat", "fields=digests", "fields=flat&limit=1"),
]


@pytest.fixture
def document(client: Client) -> Document:
    """What is served."""
    return dict(client.ok("/api/openapi.json"))


def routes(client: Client) -> dict[str, set[str]]:
    """The methods of each route, without what falcon adds by itself."""
    app = getattr(client.app, "app", client.app)
    return {
        route.path: {method.method for method in route.methods if not method.internal}
        for route in inspect.inspect_routes(app)
    }


def described(document: Document) -> dict[str, set[str]]:
    """The methods of each path of the description."""
    return {
        path: {method.upper() for method in item if method != "servers"}
        for path, item in document["paths"].items()
    }


def is_route_of(route: str, path: str) -> bool:
    """Whether the route answers the path; both may have parameters."""
    return re.fullmatch(re.sub(r"{[^/]*}", "[^/]+", route), path) is not None


def test_it_is_openapi_and_says_what_the_configuration_decides(database_url: str) -> None:
    with Client.of(database_url, API_PREFIX="/v2", MAX_BATCH_SIZE="7") as client:
        document = client.ok("/v2/openapi.json")
        assert document == client.ok("/openapi.json")
    validate(document)
    assert [server["url"] for server in document["servers"]] == ["/v2", "/"]
    assert document["components"]["schemas"]["Batch"]["properties"]["events"]["maxItems"] == 7


def test_every_route_and_method_is_described_and_no_other(
    client: Client, document: Document
) -> None:
    paths = described(document)
    for route, methods in routes(client).items():
        path = route.removeprefix("/api")
        found = [methods for name, methods in paths.items() if is_route_of(path, name)]
        assert found, f"{route} is not described"
        assert ("HEAD" in methods) == ("GET" in methods), route
        assert set().union(*found) == methods - {"HEAD"}, route
    for path in paths:
        answering = [route for route in routes(client) if is_route_of(route, path)]
        assert len(answering) == 1, path


def test_every_path_answers_under_both_servers_but_for_the_root(client: Client) -> None:
    paths = set(routes(client))
    assert {f"/api{path}" for path in paths if not path.startswith("/api")} - {"/api/"} == {
        path for path in paths if path.startswith("/api")
    }


def assert_described(document: Document, path: str, method: str, answer: testing.Result) -> None:
    """Assert that the answer's status is described, and its headers and body are as they are."""
    responses = document["paths"][path][method]["responses"]
    assert str(answer.status_code) in responses, answer.text
    response = resolved(document, responses[str(answer.status_code)])
    for name, header in response["headers"].items():
        assert name in answer.headers or not resolved(document, header).get("required"), name
    schema = response["content"]["application/json"]["schema"]
    validator = Draft202012Validator(
        {**schema, "components": document["components"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )
    validator.validate(answer.json)


def resolved(document: Document, part: Document) -> Document:
    """What a $ref stands for."""
    for name in part.get("$ref", "#").split("/")[1:]:
        document = document[name]
    return document if "$ref" in part else part


def test_answers_of_a_run_with_everything_are_as_described(
    client: Client, document: Document
) -> None:
    strict = close(document)
    run, first, second = new_id(), new_id(), new_id()
    sent = client.send(
        event(run, "agent_start", data={"metadata": {"a": 1}, "graph_structure": {"b": 2}}),
        event(run, "llm_call", 1, data={"model": "m", "cost": 0.5, "latency_ms": 2, "name": "n"}),
        event(run, data={"session_id": "s", "input": "hi", "output": "bye"}),
        event(run, event_id=first, parent_event_id=second),
        event(run, event_id=second, parent_event_id=first),
        event(run, data={"error": "x"}),
        event("nobody"),
    )
    assert_described(strict, "/events", "post", sent)
    for view in ("timeline", "trace"):
        answer = client.simulate_get(f"/runs/{run}/{view}")
        assert_described(strict, f"/runs/{{run_id}}/{view}", "get", answer)
    answer = client.simulate_get(f"/runs/{run}/events/{first}")
    assert_described(strict, "/runs/{run_id}/events/{event_id}", "get", answer)
    for query in VIEWS:
        answer = client.simulate_get(f"/runs/{run}/trace", query_string=query)
        assert answer.status_code == 200
        assert_described(strict, "/runs/{run_id}/trace", "get", answer)
    for name in METRICS:
        query = "agent=agent" if name == "versions" else ""
        answer = client.simulate_get(f"/metrics/{name}", query_string=query)
        assert answer.status_code == 200
        assert_described(strict, f"/metrics/{name}", "get", answer)
    for name in ("runs", "events", "sessions", "prices/missing"):
        assert_described(strict, f"/{name}", "get", client.simulate_get(f"/{name}?limit=1"))
    answer = client.simulate_get("/sessions/s")
    assert answer.status_code == 200
    assert_described(strict, "/sessions/{session_id}", "get", answer)
    group = client.simulate_get("/errors?from=2026-11-22&to=2026-11-23&limit=1")
    assert_described(strict, "/errors", "get", group)
    answer = client.simulate_get(f"/errors/{group.json['errors'][0]['fingerprint']}")
    assert_described(strict, "/errors/{fingerprint}", "get", answer)
    assert_described(strict, "/errors/{fingerprint}", "get", client.simulate_get("/errors/x"))
    query = "metric=latency_p95&group_by=model"
    answer = client.simulate_get("/metrics/timeseries", query_string=query)
    assert_described(strict, "/metrics/timeseries", "get", answer)


def test_answers_about_scores_are_as_described(client: Client, document: Document) -> None:
    strict, run = close(document), new_id()
    client.send(event(run))
    good = {"run_id": run, "name": "n", "value": 1, "score_id": "a", "metadata": {"b": 1}}
    for scores, status in (([good, {**good, "comment": "x" * 5_000}, {}], 200), ([{}], 422)):
        answer = client.simulate_post("/scores", json={"scores": scores})
        assert answer.status_code == status
        assert_described(strict, "/scores", "post", answer)
    page = client.simulate_get("/scores", query_string=f"run_id={run}&limit=1")
    assert_described(strict, "/scores", "get", page)
    assert_described(strict, "/runs/{run_id}", "get", client.simulate_get(f"/runs/{run}"))
    for view in ("timeline", "trace"):
        answer = client.simulate_get(f"/runs/{run}/{view}")
        assert_described(strict, f"/runs/{{run_id}}/{view}", "get", answer)
    query = "group_by=agent,day&from=2026-01-01"
    answer = client.simulate_get("/metrics/scores", query_string=query)
    assert answer.json["groups"]
    assert_described(strict, "/metrics/scores", "get", answer)
    sent = {"traceId": run, "name": "n", "value": 1}
    for body, status in ((sent, 200), ([sent], 202), ([sent, {}], 207), ({}, 400)):
        answer = client.simulate_post("/public/scores", json=body)
        assert answer.status_code == status, answer.text
        assert_described(strict, "/public/scores", "post", answer)
    events = [
        {"id": "1", "type": "score-create", "body": sent},
        {"id": "2", "type": "trace-create"},
    ]
    answer = client.simulate_post("/public/ingestion", json={"batch": events})
    assert_described(strict, "/public/ingestion", "post", answer)
    for _ in range(2):
        answer = client.simulate_delete("/scores/a")
        assert_described(strict, "/scores/{score_id}", "delete", answer)


def test_errors_that_are_hard_to_provoke_are_as_described(
    client: Client, document: Document
) -> None:
    strict = close(document)
    packed = client.send_bytes(b"{}", Content_Encoding="gzip")
    unknown = client.send_bytes(b"{}", Content_Encoding="br")
    short = client.send_bytes(b"{}", Content_Length="3")
    for answer, status in ((packed, 400), (unknown, 415), (short, 400)):
        assert answer.status_code == status
        assert_described(strict, "/events", "post", answer)
    large = client.simulate_patch("/agents/a", json={"description": "x" * 70_000})
    assert large.status_code == 413
    assert_described(strict, "/agents/{agent_name}", "patch", large)


def test_answers_without_a_database_are_as_described(document: Document) -> None:
    strict = close(document)
    with Client.of("postgresql://nobody@127.0.0.1:1/nothing") as away:
        assert_described(strict, "/health", "get", away.simulate_get("/health"))
        refused = away.send(event(new_id()))
        assert refused.status_code == 503
        assert_described(strict, "/events", "post", refused)


def test_no_answer_may_have_a_field_that_is_not_described(
    client: Client, document: Document
) -> None:
    del document["components"]["schemas"]["Agent"]["properties"]["avg_cost"]
    client.send(event(new_id()))
    with pytest.raises(ValidationError, match="avg_cost"):
        assert_described(close(document), "/agents", "get", client.simulate_get("/agents"))
