"""Scores as Langfuse's own SDKs sent them: the bodies in data/ were recorded from versions 2, 3, 5.

Each sent a number, a boolean with an id, a category of an observation, a score of a trace that has
an own text for an id, one of a session, and (3 and 5) those of a span of its own.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from falcon import testing

from service.auth.key_admin import create
from service.auth.scopes import Scope
from tests.client import Client
from tests.ingest.otlp import spans
from tests.resources.scores.made import stored

DATA = Path(__file__).with_name("data")
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
RUN = "0af76519-16cd-43dd-8448-eb211c80319c"
SEED = "order-4711"
OF_SEED = "173d0ddb-ff03-4193-face-7ce60d3f58b4"  # Langfuse.create_trace_id(seed=SEED)


def recorded(version: int) -> list[dict[str, Any]]:
    """The requests of one version."""
    found: list[dict[str, Any]] = json.loads((DATA / f"langfuse{version}.json").read_text())
    return found


def replay(client: Client, version: int) -> testing.Result:
    """Send what a version sent, once."""
    [sent] = recorded(version)
    return client.simulate_post(sent["path"], json=sent["body"])


def by_name(client: Client) -> dict[str, dict[str, Any]]:
    """The stored scores by their names."""
    return {one["name"]: one for one in stored(client, "limit=200")}


def test_version_5_sends_a_list(client: Client) -> None:
    answer = replay(client, 5)
    assert answer.status_code == 207
    assert (answer.json["accepted"], answer.json["rejected"]) == (6, 1)
    [error] = answer.json["errors"]
    assert error["message"] == "scores[4]: Only scores of traces are kept: send `traceId`."
    assert set(by_name(client)) == {"accuracy", "helpful", "sentiment", "plain", "step", "whole"}
    good = [one for one in recorded(5)[0]["body"] if "traceId" in one]
    again = client.simulate_post("/api/public/scores", json=good)
    assert (again.status_code, again.json) == (202, {"message": "Accepted"})
    assert len(by_name(client)) == len(stored(client)) == 6  # replaced


@pytest.mark.parametrize("version", [3, 5])
def test_what_a_version_sends_is_stored_alike(client: Client, version: int) -> None:
    assert replay(client, version).status_code == 207
    found = by_name(client)
    accuracy, helpful, sentiment = (found[name] for name in ("accuracy", "helpful", "sentiment"))
    assert (accuracy["run_id"], accuracy["value"], accuracy["kind"]) == (RUN, 0.92, "number")
    assert accuracy["comment"] == "High accuracy"
    assert (helpful["score_id"], helpful["value"]) == ("helpful-1", True)
    assert (sentiment["value"], sentiment["metadata"]) == ("positive", {"judge": "gpt-4o"})
    assert {one["source"] for one in found.values()} == {"api"}
    assert (found["plain"]["run_id"], found["plain"]["value"]) == (OF_SEED, 3)
    assert found["whole"]["event_id"] is None
    assert found["step"]["event_id"] is not None
    assert found["step"]["timestamp"].startswith("2026-11-29T10:34:")


def test_version_3_sends_events_and_each_is_answered(client: Client) -> None:
    [sent] = recorded(3)
    answer = replay(client, 3)
    ids = [one["id"] for one in sent["body"]["batch"]]
    good = [{"id": one, "status": 201} for one in [*ids[:4], *ids[5:]]]
    assert answer.json["successes"] == good
    [error] = answer.json["errors"]
    assert (error["id"], error["status"], error["error"]) == (ids[4], 400, "missing")


def test_version_2_sends_traces_too_which_are_refused_one_by_one(client: Client) -> None:
    [sent] = recorded(2)
    answer = replay(client, 2)
    ids = [one["id"] for one in sent["body"]["batch"]]
    assert [one["id"] for one in answer.json["successes"]] == ids[3:]
    assert [one["id"] for one in answer.json["errors"]] == ids[:3]
    assert "/api/public/otel/v1/traces" in answer.json["errors"][0]["message"]
    assert {name: one["value"] for name, one in by_name(client).items()} == {
        "accuracy": 0.9,
        "found": "yes",
        "thumb": True,
    }


def test_a_score_is_of_the_run_and_event_that_the_span_becomes(client: Client) -> None:
    spans.send(client, spans.span(bytes.fromhex(TRACE), span_id=bytes.fromhex(SPAN)))
    replay(client, 5)
    [of_span] = stored(client, f"run_id={RUN}&name=sentiment")
    events = client.ok(f"/runs/{RUN}/timeline")["events"]
    [start] = [event for event in events if event["event_type"] == "agent_start"]
    assert of_span["event_id"] == start["event_id"]
    assert client.run(RUN)["score_count"] == 3


@pytest.mark.parametrize(
    ("fields", "value", "kind"),
    [
        ({"value": 1, "dataType": "BOOLEAN"}, True, "boolean"),
        ({"value": False}, False, "boolean"),
        ({"value": 1}, 1, "number"),
        ({"value": "text", "dataType": "TEXT"}, "text", "category"),
        ({"value": 2, "dataType": "BOOLEAN"}, None, "wrong_type"),
        ({"value": "x", "dataType": "NUMERIC"}, None, "wrong_type"),
        ({"value": 3, "dataType": "CATEGORICAL"}, None, "wrong_type"),
        ({"value": None}, None, "missing"),
        ({"source": "SOMEBODY"}, None, "invalid_source"),
        ({"source": []}, None, "invalid_source"),
        ({"traceId": 3}, None, "wrong_type"),
        ({"observationId": {}}, None, "wrong_type"),
        ({"id": 3}, None, "wrong_type"),
        ({"timestamp": "x"}, None, "invalid_timestamp"),
    ],
)
def test_one_score_is_answered_with_its_id_or_an_error(
    client: Client, fields: dict[str, Any], value: Any, kind: str
) -> None:
    sent = {"id": "mine", "traceId": TRACE, "name": "n", "value": 1} | fields
    answer = client.simulate_post("/api/public/scores", json=sent)
    if value is None:
        assert (answer.status_code, answer.json["code"]) == (400, kind)
        assert stored(client) == []
    else:
        assert (answer.status_code, answer.json) == (200, {"id": "mine"})
        [found] = stored(client)
        assert (found["value"], found["kind"]) == (value, kind)


@pytest.mark.parametrize("source", ["API", "ANNOTATION", "EVAL"])
def test_sources_are_read(client: Client, source: str) -> None:
    sent = {"traceId": TRACE, "name": "n", "value": 1, "source": source}
    assert client.simulate_post("/api/public/scores", json=sent).status_code == 200
    names = {"API": "api", "ANNOTATION": "user", "EVAL": "evaluator"}
    assert stored(client)[0]["source"] == names[source]


def test_odd_events_cost_themselves_alone(client: Client) -> None:
    good = {"traceId": TRACE, "name": "n", "value": 1}
    batch = [
        {"id": "log", "type": "sdk-log", "body": {"log": "x"}},
        3,
        {"id": "empty", "type": "score-create"},
        {"id": "list", "type": "score-create", "body": []},
        {"id": "good", "type": "score-create", "body": good, "timestamp": "2026-11-22T12:00:00Z"},
        {"id": [[1] * 1_000], "type": "trace-create"},
        {"id": "x" * 100_000, "type": "trace-create"},
        {"id": "bad", "type": "score-create", "body": good, "timestamp": "yesterday"},
    ]
    answer = client.simulate_post("/api/public/ingestion", json={"batch": batch})
    assert answer.status_code == 207
    assert [one["id"] for one in answer.json["successes"]] == ["log", "good"]
    assert [(one["id"], one["error"]) for one in answer.json["errors"]] == [
        (None, "not_an_object"),
        ("empty", "not_an_object"),
        ("list", "not_an_object"),
        (None, "not_an_object"),
        ("x" * 200, "not_a_score"),
        ("bad", "invalid_timestamp"),
    ]
    assert stored(client)[0]["timestamp"] == "2026-11-22T12:00:00+00:00"


@pytest.mark.parametrize("path", ["/api/public/scores", "/api/public/ingestion"])
@pytest.mark.parametrize("body", [b"", b"[", b"{", b"3", b"[]", b'{"batch": []}', b"{}, {}"])
def test_what_is_no_body_is_400(client: Client, path: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.simulate_post(path, body=body, headers=headers)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(("before", "status"), [(b" \n", 200), (b"\t[", 202)])
def test_a_list_is_known_by_its_first_character(client: Client, before: bytes, status: int) -> None:
    score = json.dumps({"traceId": "a" * 32, "name": "n", "value": 1}).encode()
    body = before + score + b"]" * before.count(b"[")
    headers = {"Content-Type": "application/json"}
    answer = client.simulate_post("/api/public/scores", body=body, headers=headers)
    assert answer.status_code == status, answer.text


def test_the_key_is_the_password(database_url: str) -> None:
    key = create(database_url, "langfuse", Scope.INGEST, days=None)
    pair = base64.b64encode(f"pk-lf-test:{key}".encode()).decode()
    [sent] = recorded(3)
    with Client.of(database_url) as client:
        assert replay(client, 3).status_code == 401
        headers = {"Authorization": f"Basic {pair}"}
        answer = client.simulate_post(sent["path"], json=sent["body"], headers=headers)
        assert answer.status_code == 207
