"""POST /v1/traces: answers in the request's encoding, partial success, resending, refusals."""

import gzip
import json
from typing import Any

import pytest
from falcon import testing
from google.rpc.error_details_pb2 import RequestInfo

from service.auth.key_admin import create
from service.auth.scopes import Scope
from service.db.queries import Connection
from tests.client import Client
from tests.events import differences
from tests.ingest.otlp.spans import (
    JSON,
    PROTOBUF,
    START_NS,
    as_json,
    message,
    new_span_id,
    new_trace,
    post,
    request,
    run_of,
    send,
    span,
    status_of,
)


def test_spans_become_a_run_with_a_tree(client: Client, conn: Connection) -> None:
    trace, root, tool = new_trace(), new_span_id(), new_span_id()
    usage = {"gen_ai.usage.input_tokens": 12, "gen_ai.usage.output_tokens": 3}
    chat = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", **usage}
    answer = send(
        client,
        span(trace, "plan a trip", span_id=root, seconds=9),
        span(trace, "search", span_id=tool, parent=root, at=1,
             attributes={"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "web"}),
        span(trace, "chat gpt-4o", parent=tool, at=2, attributes=chat),
    )  # fmt: skip
    assert not answer.HasField("partial_success")
    run = client.run(run_of(trace))
    assert (run["agent_name"], run["run_name"], run["status"]) == (
        "shop",
        "plan a trip",
        "completed",
    )
    assert (run["tokens_in"], run["tokens_out"], run["event_count"]) == (12, 3, 4)
    assert run["total_duration_ms"] == 9_000
    start, end = client.ok(f"/api/runs/{run_of(trace)}/trace")["execution_tree"]
    assert (start["event_type"], end["event_type"]) == ("agent_start", "agent_end")
    [search] = start["children"]
    [call] = search["children"]
    assert (search["event_type"], search["data"]["tool_name"]) == ("tool_call", "web")
    assert (call["event_type"], call["model"], call["latency_ms"]) == ("llm_call", "gpt-4o", 1_000)
    assert end["previous_event_id"] == start["event_id"]
    children = client.ok(f"/api/events/{start['event_id']}/children")
    assert [child["event_id"] for child in children] == [search["event_id"]]
    assert differences(conn) == []


@pytest.mark.parametrize("path", ["/v1/traces", "/api/v1/traces"])
def test_it_answers_in_the_encoding_of_the_request(client: Client, path: str) -> None:
    sent = request(span(new_trace()), span(new_trace(), start_time_unix_nano=0))
    for body, media_type in ((sent.SerializeToString(), PROTOBUF), (as_json(sent), JSON)):
        answer = client.simulate_post(path, body=body, headers={"Content-Type": media_type})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, media_type)
    partial = answer.json["partialSuccess"]
    assert partial["rejectedSpans"] == "1"
    assert "1 of 2 spans were rejected: span " in partial["errorMessage"]
    assert "(invalid_timestamp)" in partial["errorMessage"]


def test_full_success_says_nothing(client: Client) -> None:
    sent = request(span(new_trace()))
    assert post(client, sent.SerializeToString()).content == b""
    assert post(client, as_json(sent), JSON).content == b"{}"
    assert post(client, b"").content == b""  # an empty request is one
    assert post(client, b"{}", JSON).content == b"{}"


def test_a_bad_span_is_rejected_alone_and_named(client: Client, conn: Connection) -> None:
    trace = new_trace()
    root, bad, repaired = new_span_id(), new_span_id(), new_span_id()
    answer = send(
        client,
        span(trace, span_id=root),
        span(trace, span_id=bad, parent=root, start_time_unix_nano=0),
        span(trace, span_id=repaired, parent=root, attributes={"text": "a\x00b"}),
    ).partial_success
    assert answer.rejected_spans == 1
    assert f"span {bad.hex()}: " in answer.error_message
    assert "(invalid_timestamp)" in answer.error_message
    assert f"Stored with repairs: span {repaired.hex()}: " in answer.error_message
    assert "(nul_character)" in answer.error_message
    metrics = client.simulate_get("/metrics").text
    assert 'gati_events_repaired_total{code="nul_character"}' in metrics
    assert client.run(run_of(trace))["event_count"] == 3
    assert differences(conn) == []


def test_only_the_first_reasons_are_told(client: Client) -> None:
    bad = [span(new_trace(), start_time_unix_nano=0) for _ in range(7)]
    told = send(client, *bad).partial_success
    assert told.rejected_spans == 7
    assert told.error_message.count("(invalid_timestamp)") == 5
    assert told.error_message.endswith("; …")


def test_resending_changes_nothing_and_is_a_full_success(client: Client, conn: Connection) -> None:
    trace, root = new_trace(), new_span_id()
    spans = [span(trace, span_id=root), span(trace, parent=root), span(trace, parent=root)]
    assert not send(client, *spans).HasField("partial_success")
    before = client.run(run_of(trace)), client.ok("/api/metrics/summary")
    assert not send(client, *spans, spans[0]).HasField("partial_success")
    assert post(client, as_json(request(*spans)), JSON).json == {}
    assert (client.run(run_of(trace)), client.ok("/api/metrics/summary")) == before
    assert differences(conn) == []


def test_spans_of_a_run_that_was_removed_are_rejected(client: Client, conn: Connection) -> None:
    kept, gone = new_trace(), new_trace()
    conn.execute("INSERT INTO expired_runs (run_id) VALUES (%s)", [run_of(gone)])
    answer = send(client, span(kept), span(gone), span(gone, parent=new_span_id()))
    assert answer.partial_success.rejected_spans == 2  # a root's two events are one span
    assert "(expired)" in answer.partial_success.error_message
    assert client.run(run_of(kept))["event_count"] == 2


def test_gzip_is_understood(client: Client) -> None:
    for is_json in (False, True):
        trace = new_trace()
        sent = request(span(trace))
        body = gzip.compress(as_json(sent) if is_json else sent.SerializeToString())
        answer = post(client, body, JSON if is_json else PROTOBUF, Content_Encoding="gzip")
        assert answer.status_code == 200
        assert client.run(run_of(trace))["event_count"] == 2


def json_with(part: object) -> bytes:
    """A request with something in the place of its spans."""
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": part}]}]}).encode()


GOOD = request(span(b"t" * 16, span_id=b"s" * 8)).SerializeToString()


NO_REQUESTS = [
    (GOOD[:-1], PROTOBUF),  # cut off
    (GOOD + b"\x0a", PROTOBUF),  # a field without its size
    (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", PROTOBUF),  # a size without end
    (b"\x0b", PROTOBUF),  # a group
    (b"\x02\x00", PROTOBUF),  # field 0
    (b"\x09\x00", PROTOBUF),  # 8 bytes of which one is there
    (b"{}", PROTOBUF),
    (b"", JSON),
    (b"[]", JSON),
    (b"null", JSON),
    (b'{"resourceSpans": {}}', JSON),
    (b'{"resourceSpans": [1]}', JSON),
    (b'{"resourceSpans": [{"resource": []}]', JSON),
    (b'{"resourceSpans": [{"scopeSpans": 1}]}', JSON),
    (b'\xff{"resourceSpans": []}', JSON),
    (json_with("x"), JSON),
    (b"[" * 100_000, JSON),
    (GOOD, JSON),
]  # fmt: skip


def test_what_is_no_request_is_400(client: Client) -> None:
    for body, media_type in NO_REQUESTS:
        answer = post(client, body, media_type)
        assert (answer.status_code, answer.headers["Content-Type"]) == (400, media_type), body
        status = status_of(answer)
        assert status.code == 3
        assert "Nothing was stored" in status.message
    assert client.ok("/api/metrics/summary")["total_events"] == 0


def test_an_error_carries_the_requests_id(client: Client) -> None:
    refused = post(client, b"\x0b", X_Request_Id="abc")
    info = RequestInfo()
    [detail] = status_of(refused).details
    assert detail.Unpack(info)
    assert info.request_id == refused.headers["X-Request-Id"] == "abc"
    [told] = post(client, b"[]", JSON, X_Request_Id="abc").json["details"]
    assert told == {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": "abc"}


def test_other_refusals_are_statuses_too(database_url: str) -> None:
    sent = request(span(new_trace()), span(new_trace())).SerializeToString()
    with Client.of(database_url, MAX_BATCH_SIZE="1", MAX_BODY_MB="1") as client:
        for body, headers, status, code in (
            (sent, {}, 413, 3),
            (sent, {"Content_Encoding": "br"}, 415, 3),
            (sent, {"Content_Encoding": "gzip"}, 400, 3),
            (sent, {"Content_Length": "9999"}, 400, 3),
            (b"\x0a" * 1_100_000, {}, 413, 3),
        ):
            answer = post(client, body, **headers)
            assert (answer.status_code, status_of(answer).code) == (status, code), headers
        assert post(client, sent, "text/plain").status_code == 415
        assert post(client, b"\x0a\x00" * 6_000).status_code == 413  # fields without end
        assert client.simulate_get("/v1/traces").status_code == 405


@pytest.mark.parametrize("media_type", [PROTOBUF, JSON])
def test_who_may_not_send_is_told_by_a_status(database_url: str, media_type: str) -> None:
    read = create(database_url, "reader", Scope.READ, days=None)
    with Client.of(database_url) as client:
        for headers, status, code in (
            ({}, 401, 16),
            ({"Authorization": "Bearer gati_ingest_x_y"}, 401, 16),
            ({"Authorization": f"Bearer {read}"}, 403, 7),
        ):
            answer = post(client, b"no request", media_type, **headers)
            assert (answer.status_code, status_of(answer).code) == (status, code)
            assert answer.headers["Content-Type"] == media_type
            assert answer.headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)


def test_on_a_machine_without_keys_only_its_own_names_may_send(client: Client) -> None:
    elsewhere = post(client, b"", Host="example.org")
    assert (elsewhere.status_code, status_of(elsewhere).code) == (403, 7)


@pytest.mark.parametrize("media_type", [PROTOBUF, JSON])
def test_a_client_beyond_its_rate_may_come_back(database_url: str, media_type: str) -> None:
    """Two agents are four events: two more than a second has, and one has to be there again."""
    with Client.of(database_url, MAX_EVENTS_PER_SECOND="2", clock=lambda: 0) as client:
        send(client, span(new_trace()), span(new_trace()))
        answer = post(client, b"is not read", media_type)
    assert (answer.status_code, status_of(answer).code) == (429, 8)
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Retry-After"] == "2"


@pytest.mark.parametrize("media_type", [PROTOBUF, JSON])
@pytest.mark.parametrize("path", ["/v1/traces", "/api/v1/traces/"])
def test_the_gate_says_503_as_a_status(client: Client, path: str, media_type: str) -> None:
    crowded = testing.TestClient(client.crowded())
    headers = {"Content-Type": media_type, "X-Request-Id": "mine"}
    answer = crowded.simulate_post(path, body=b"is not read", headers=headers)
    assert (answer.status_code, status_of(answer).code) == (503, 14)
    assert answer.headers["Content-Type"] == media_type
    assert (answer.headers["Retry-After"], answer.headers["X-Request-Id"]) == ("1", "mine")
    assert b"mine" in answer.content


def test_without_a_database_it_is_503_and_passes() -> None:
    with Client.of("postgresql://nobody@127.0.0.1:1/nothing") as away:
        answer = post(away, request(span(new_trace())).SerializeToString())
    assert (answer.status_code, status_of(answer).code) == (503, 14)
    assert answer.headers["Retry-After"] == "1"


def test_a_large_request_is_refused_before_it_is_parsed(client: Client) -> None:
    """A million empty spans in 2 MB: protobuf's own parser would make objects of all of them."""
    answer = post(client, message(1, message(2, b"\x12\x00" * 1_000_000)))
    assert answer.status_code == 413
    assert "more than 10000 spans" in status_of(answer).message


@pytest.mark.parametrize(
    ("fields", "is_told"),
    [
        ({}, False),
        ({"end_time_unix_nano": 0}, False),
        ({"start_time_unix_nano": START_NS // 10**6, "end_time_unix_nano": START_NS}, True),
        ({"end_time_unix_nano": START_NS - 1}, True),
    ],
)
def test_times_that_cannot_be_meant_are_stored_and_told(
    client: Client, fields: dict[str, Any], is_told: bool
) -> None:
    trace = new_trace()
    answer = send(client, span(trace, **fields))
    assert answer.partial_success.rejected_spans == 0
    assert ("(unlikely_time)" in answer.partial_success.error_message) == is_told
    assert client.run(run_of(trace))["event_count"] == (
        1 if fields == {"end_time_unix_nano": 0} else 2
    )
