"""Log records that carry messages of spans become the input and output of the spans' events."""

import json
from itertools import permutations
from typing import Any

import pytest
from falcon import testing
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from service.auth.key_admin import create
from service.auth.scopes import Scope
from service.db.queries import Connection, queries
from service.ingest.json.event import MAX_DEPTH
from service.ingest.otlp.span import SPAN, event_id_of
from service.metrics.verify import verify
from service.writer import message_room, span_messages
from tests.client import Client
from tests.events import differences, event
from tests.ingest.otlp.spans import (
    JSON,
    MEGABYTE,
    PROTOBUF,
    START_NS,
    any_value,
    new_span_id,
    new_trace,
    pairs,
    run_of,
    send,
    span,
    with_hex,
)

CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.usage.output_tokens": 2,
}
ASKED = {"event": "gen_ai.user.message", "content": "weather?"}
CHOICE = {
    "event": "gen_ai.choice",
    "index": 0,
    "finish_reason": "stop",
    "message": {"role": "assistant", "content": "sunny"},
}
PARTS = [{"role": "user", "parts": [{"type": "text", "content": "weather?"}]}]

Found = dict[str, Any]


def log(trace: bytes, span_id: bytes, name: str, body: Any = None, **fields: Any) -> LogRecord:
    """A log record of a span."""
    made = LogRecord(
        trace_id=trace, span_id=span_id, event_name=name, **{"time_unix_nano": START_NS, **fields}
    )
    if body is not None:
        made.body.CopyFrom(any_value(body))
    return made


def asked_and_answered(trace: bytes, call: bytes) -> list[LogRecord]:
    """A message of the user, and the model's."""
    body = {key: value for key, value in CHOICE.items() if key != "event"}
    return [
        log(trace, call, "gen_ai.user.message", {"content": "weather?"}),
        log(trace, call, "gen_ai.choice", body, time_unix_nano=START_NS + 1),
    ]


def send_logs(client: Client, *records: LogRecord, is_json: bool = False) -> str:
    """POST log records; what is said about them."""
    sent = ExportLogsServiceRequest()
    sent.resource_logs.add().scope_logs.add().log_records.extend(records)
    body = sent.SerializeToString()
    if is_json:
        body = json.dumps(with_hex(MessageToDict(sent, use_integers_for_enums=True))).encode()
    headers = {"Content-Type": JSON if is_json else PROTOBUF}
    answer = client.simulate_post("/v1/logs", body=body, headers=headers)
    assert answer.status_code == 200, answer.content
    if is_json:
        return str(answer.json.get("partialSuccess", {}).get("errorMessage", ""))
    response = ExportLogsServiceResponse.FromString(answer.content)
    return str(response.partial_success.error_message)


def attach(conn: Connection) -> int:
    """What the thread of a worker does, a minute later."""
    conn.execute("UPDATE span_messages SET attached_at = attached_at - interval '1 minute'")
    conn.execute("UPDATE span_messages SET due_at = now()")
    return attach_due(conn)


def attach_due(conn: Connection) -> int:
    """What the thread of a worker does."""
    with conn.transaction():
        parts = span_messages.take_due(conn)
    attached = 0
    for part in parts:
        with conn.transaction():
            attached += span_messages.attach(conn, part, MEGABYTE, MAX_DEPTH)
    return attached


def events_of(client: Client, trace: bytes) -> list[Found]:
    """The events of a run."""
    found: list[Found] = client.ok(f"/api/runs/{run_of(trace)}/timeline")["events"]
    return found


@pytest.mark.parametrize("order", list(permutations(["user", "choice", "span"])))
@pytest.mark.parametrize("is_json", [False, True])
def test_messages_become_the_content_of_their_call_in_any_order(
    client: Client, conn: Connection, database_url: str, order: tuple[str, ...], is_json: bool
) -> None:
    trace, root, call = new_trace(), new_span_id(), new_span_id()
    user, choice = asked_and_answered(trace, call)
    for what in order:
        if what == "span":
            send(client, span(trace, span_id=root))
            send(client, span(trace, span_id=call, parent=root, attributes=CALL))
            before = client.run(run_of(trace))
        else:
            record = user if what == "user" else choice
            assert send_logs(client, record, is_json=is_json) == ""
        attach(conn)
    found = next(each for each in events_of(client, trace) if each["event_type"] == "llm_call")
    assert (found["data"]["input"], found["data"]["output"]) == ([ASKED], [CHOICE])
    assert found["data"]["otel"]["taken"] == {"input": "/v1/logs", "output": "/v1/logs"}
    assert client.run(run_of(trace)) == before
    assert found["data"]["attributes"]["gen_ai.operation.name"] == "chat"
    assert differences(conn) == []
    assert verify(database_url) == []


def test_a_call_that_is_the_whole_run_has_its_output_at_its_end(
    client: Client, conn: Connection
) -> None:
    trace, call = new_trace(), new_span_id()
    send_logs(client, *asked_and_answered(trace, call))
    assert attach(conn) == 0
    send(client, span(trace, span_id=call, attributes=CALL))
    assert attach(conn) == 1
    start, end = events_of(client, trace)
    assert (start["data"]["input"], end["data"]["output"]) == ([ASKED], [CHOICE])
    assert "output" not in start["data"]


def test_one_record_with_a_span_s_attributes_is_the_whole(client: Client, conn: Connection) -> None:
    trace, call = new_trace(), new_span_id()
    send(client, span(trace, span_id=call, attributes=CALL))
    attributes = {
        "gen_ai.input.messages": PARTS,
        "gen_ai.output.messages": json.dumps(PARTS),
        "event.name": "gen_ai.client.inference.operation.details",
    }
    records = [*asked_and_answered(trace, call), log(trace, call, "", attributes=pairs(attributes))]
    assert send_logs(client, *records) == ""
    assert attach(conn) == 1
    start, end = events_of(client, trace)
    assert (start["data"]["input"], end["data"]["output"]) == (PARTS, PARTS)


def test_what_a_span_says_itself_stays(client: Client, conn: Connection) -> None:
    trace, root, call = new_trace(), new_span_id(), new_span_id()
    said = {**CALL, "input.value": "its own"}
    spans = span(trace, span_id=root), span(trace, span_id=call, parent=root, attributes=said)
    send(client, *spans)
    send_logs(client, *asked_and_answered(trace, call))
    assert attach(conn) == 1
    data = next(e["data"] for e in events_of(client, trace) if e["event_type"] == "llm_call")
    assert (data["input"], data["output"]) == ("its own", [CHOICE])
    assert data["otel"]["taken"] == {"input": "input.value", "output": "/v1/logs"}


def test_content_that_no_message_joins_is_not_measured(client: Client, conn: Connection) -> None:
    trace, root, call = new_trace(), new_span_id(), new_span_id()
    own = {"input.value": "its own", "output.value": "and its own"}
    send(client, span(trace, span_id=root, attributes=own))
    send(client, span(trace, span_id=call, parent=root, attributes={**CALL, **own}))
    send(client, span(trace, parent=root, attributes={**CALL, "input.value": "its own"}))
    found = events_of(client, trace)
    [run] = conn.execute("SELECT received_on FROM runs").fetchall()
    days = {run_of(trace): str(run["received_on"])}
    keys = [(run_of(trace), each["event_id"]) for each in found]
    rows = span_messages.find_events(conn, days, keys)
    measured = [each for key, each in zip(keys, found, strict=True) if rows[key]["bytes"]]
    assert [each["data"].get("output") for each in measured] == [None]
    assert [each["event_type"] for each in measured] == ["llm_call"]


def test_a_message_that_comes_when_the_others_are_gone_replaces_nothing(
    client: Client, conn: Connection
) -> None:
    trace, call = new_trace(), new_span_id()
    send(client, span(trace, span_id=call, parent=new_span_id(), attributes=CALL))

    def said(at: int, text: str, minutes: int) -> Any:
        body = {"content": text}
        send_logs(client, log(trace, call, "gen_ai.user.message", body, time_unix_nano=at))
        attach(conn)
        conn.execute(
            "UPDATE span_messages SET attached_at = attached_at - make_interval(mins => %s)",
            [minutes],
        )
        attach_due(conn)
        return [message["content"] for message in events_of(client, trace)[0]["data"]["input"]]

    assert said(1, "one", 4) == ["one"]
    assert said(2, "two", 4) == ["one", "two"]
    assert said(3, "three", 6) == ["one", "two", "three"]
    assert said(4, "too late", 0) == ["one", "two", "three"]


def test_an_event_that_only_has_the_id_of_a_span_stops_no_other(
    client: Client, conn: Connection
) -> None:
    trace, call, other = new_trace(), new_span_id(), new_trace()
    odd = event(run_of(trace), "agent_end", data={"output": "mine", "latency_ms": 1})
    odd["event_id"] = event_id_of(trace.hex(), call.hex(), SPAN)
    assert client.send(odd).json["inserted"] == 1
    send(client, span(other, span_id=call, parent=new_span_id(), attributes=CALL))
    send_logs(client, *asked_and_answered(trace, call), *asked_and_answered(other, call))
    attach(conn)
    assert events_of(client, trace)[0]["data"]["output"] == "mine"
    assert events_of(client, other)[0]["data"]["output"]
    assert differences(conn) == []


def test_an_open_span_waits_for_its_end(client: Client, conn: Connection) -> None:
    trace, call = new_trace(), new_span_id()
    send(client, span(trace, span_id=call, attributes=CALL, end_time_unix_nano=0))
    send_logs(client, *asked_and_answered(trace, call))
    assert attach(conn) == 0
    send(client, span(trace, span_id=call, attributes=CALL))
    assert attach(conn) == 1


def test_a_resend_adds_nothing(client: Client, conn: Connection) -> None:
    trace, call = new_trace(), new_span_id()
    records = asked_and_answered(trace, call)
    for _ in range(2):
        send_logs(client, *records)
    send(client, span(trace, span_id=call, attributes=CALL))
    assert attach(conn) == 1
    send_logs(client, *records)
    assert attach(conn) == 0
    assert events_of(client, trace)[0]["data"]["input"] == [ASKED]


def test_messages_are_in_the_order_in_which_they_were_sent(
    client: Client, conn: Connection
) -> None:
    trace, call = new_trace(), new_span_id()
    send(client, span(trace, span_id=call, attributes=CALL))
    for number in (3, 1, 2):
        body = {"content": number}
        record = log(trace, call, "gen_ai.user.message", body, time_unix_nano=START_NS + number)
        send_logs(client, record)
        attach(conn)
    data = events_of(client, trace)[0]["data"]
    assert [message["content"] for message in data["input"]] == [1, 2, 3]


def test_what_is_too_large_is_cut(client: Client, conn: Connection) -> None:
    trace, call = new_trace(), new_span_id()
    send(client, span(trace, span_id=call, attributes=CALL))
    for number in range(4):
        body = {"content": f"{number}" * (MEGABYTE // 2)}
        send_logs(client, log(trace, call, "gen_ai.user.message", body))
    assert attach(conn) == 1
    data = events_of(client, trace)[0]["data"]
    assert len(data["input"]) == 4
    assert 1_000 < len(json.dumps(data)) <= MEGABYTE


def test_of_very_many_messages_of_a_span_the_first_are_read(
    client: Client, conn: Connection
) -> None:
    trace, call = new_trace(), new_span_id()
    send(client, span(trace, span_id=call, attributes=CALL))
    texts = [f"{number}" * (MEGABYTE // 2) for number in range(9)]
    for number, text in enumerate([*texts, "one more"]):
        record = log(trace, call, "gen_ai.user.message", {"content": text})
        record.time_unix_nano = START_NS + number
        send_logs(client, record)
    assert attach(conn) == 1
    *said, mark = events_of(client, trace)[0]["data"]["input"]
    assert [message["content"][0] for message in said] == ["0", "1", "2", "3"]
    assert mark == "… [more messages cut]"


def test_many_small_messages_are_cut_and_not_lost(client: Client, conn: Connection) -> None:
    trace, call = new_trace(), new_span_id()
    send(client, span(trace, span_id=call, attributes=CALL))
    send_logs(
        client,
        *[
            log(trace, call, "gen_ai.user.message", {"content": f"{number} " + "x" * 2_000})
            for number in range(1_500)
        ],
    )
    attach(conn)
    *said, mark = events_of(client, trace)[0]["data"]["input"]
    assert 400 < len(said) < 520
    assert mark == "… [more messages cut]"


def test_numbers_that_print_long_are_kept_as_text(client: Client, conn: Connection) -> None:
    trace, call = new_trace(), new_span_id()
    send(client, span(trace, span_id=call, attributes=CALL))
    body = {"content": "[" + "1e308," * 20_000 + "1]"}
    send_logs(client, log(trace, call, "gen_ai.user.message", body))
    [row] = conn.execute("SELECT bytes FROM span_messages").fetchall()
    conn.rollback()
    assert row["bytes"] < MEGABYTE


def test_other_records_are_not_kept_which_is_said(client: Client, conn: Connection) -> None:
    trace, call = new_trace(), new_span_id()
    records = [
        log(trace, call, "", "a line of a log"),
        log(b"", b"", "gen_ai.user.message", {"content": "of no span"}),
        *asked_and_answered(trace, call),
    ]
    for is_json in (False, True):
        said = send_logs(client, *records, is_json=is_json)
        assert "2 of 4 log records were not stored. OTEL_LOGS_EXPORTER=none" in said
    assert conn.execute("SELECT count(*) AS n FROM span_messages").fetchall() == [{"n": 2}]


# A record in other words, and whether it is one that is kept.
ODD_RECORDS = [
    ('"body":{"doubleValue":"x"}', True),
    ('"body":{"boolValue":"yes"}', True),
    ('"body":{"bytesValue":"\u00e9"}', False),
    ('"body":[]', True),
    ('"body":{"stringValue":"cut \\ud83d"}', True),
    ('"body":{"intValue":99999999999999999999}', True),
    ('"body":{"doubleValue":NaN}', True),
    ('"body":{"boolValue":1e400}', True),
    ('"body":{"string_value":"a"}', True),
    ('"attributes":{}', True),
    ('"attributes":[{"key":"a","value":{"doubleValue":"x"}},{"key":5}]', True),
    ('"timeUnixNano":{"low":1,"high":0}', True),
    ('"timeUnixNano":"18446744073709551615"', True),
    ('"timeUnixNano":"x"', False),
    ('"traceId":5', False),
    ('"body":' + '{"arrayValue":{"values":[' * 900 + "]}}" * 900, True),
    ('"body":{"arrayValue":{"values":[' + "{}," * 200_000 + "{}]}}", False),
]


@pytest.mark.parametrize(("said", "is_kept"), ODD_RECORDS, ids=range(len(ODD_RECORDS)))
def test_an_odd_record_costs_itself_at_most(
    client: Client, conn: Connection, said: str, is_kept: bool
) -> None:
    ids = f'"traceId":"{new_trace().hex()}","spanId":"{new_span_id().hex()}"'
    name = '"eventName":"gen_ai.user.message"'
    good = f'{{{ids},{name},"timeUnixNano":"{START_NS}","body":{{"stringValue":"weather?"}}}}'
    records = f"{good},{{{ids},{name},{said}}}"
    body = f'{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{records}]}}]}}]}}'
    answer = client.simulate_post("/v1/logs", body=body, headers={"Content-Type": JSON})
    assert answer.status_code == 200, answer.text
    told = answer.json.get("partialSuccess", {}).get("errorMessage", "")
    assert ("1 of 2 log records" in told) is not is_kept
    [found] = conn.execute("SELECT count(*) AS n FROM span_messages").fetchall()
    assert found["n"] == 1 + is_kept


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"\xff\xff", PROTOBUF), (b"{", JSON), (b'{"resourceLogs": 1}', JSON), (b"\xff", JSON)],
)
def test_a_malformed_body_is_400(client: Client, body: bytes, kind: str) -> None:
    answer = client.simulate_post("/v1/logs", body=body, headers={"Content-Type": kind})
    assert answer.status_code == 400


def test_messages_wait_an_hour_and_stay_five_minutes(client: Client, conn: Connection) -> None:
    trace, call = new_trace(), new_span_id()
    send_logs(client, *asked_and_answered(trace, call))
    age = "UPDATE span_messages SET created_at = created_at - interval '1 minute' * %s"
    count = "SELECT count(*) AS n FROM span_messages"
    conn.execute(age, [59])
    attach(conn)
    assert conn.execute(count).fetchall() == [{"n": 2}]
    send(client, span(trace, span_id=call, attributes=CALL))
    assert attach(conn) == 1
    conn.execute(age, [59])
    attach(conn)
    assert conn.execute(count).fetchall() == [{"n": 2}]
    conn.execute("UPDATE span_messages SET attached_at = attached_at - interval '6 minutes'")
    attach(conn)
    assert conn.execute(count).fetchall() == [{"n": 0}]
    send_logs(client, *asked_and_answered(new_trace(), call))
    conn.execute(age, [61])
    attach(conn)
    assert conn.execute(count).fetchall() == [{"n": 0}]


def post_two(client: Client, address: str = "127.0.0.1", key: str = "") -> testing.Result:
    """POST two messages of a span that never comes, from an address."""
    sent = ExportLogsServiceRequest()
    records = asked_and_answered(new_trace(), new_span_id())
    sent.resource_logs.add().scope_logs.add().log_records.extend(records)
    return client.simulate_post(
        "/v1/logs",
        body=sent.SerializeToString(),
        headers={"Content-Type": PROTOBUF, **({"Authorization": f"Bearer {key}"} if key else {})},
        remote_addr=address,
    )


def test_too_many_that_wait_are_refused_to_be_sent_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_room, "MAX_MESSAGES", 6)
    assert post_two(client).status_code == 200
    answer = post_two(client)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert b"of 3 messages" in answer.content


@pytest.mark.parametrize("limit", ["MAX_MESSAGES", "MAX_BYTES"])
def test_one_client_leaves_room_for_the_messages_of_others(
    client: Client, conn: Connection, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """Each may have half of what the others leave; who holds nothing gets some."""
    assert post_two(client).status_code == 200
    [size] = conn.execute("SELECT sum(bytes) AS n FROM span_messages").fetchall()
    of_two = {"MAX_MESSAGES": 2, "MAX_BYTES": size["n"]}[limit]
    monkeypatch.setattr(message_room, limit, 16 * of_two)
    taken = []
    for address in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
        while post_two(client, address).status_code == 200:
            taken.append(address)
    assert [taken.count(f"127.0.0.{n}") for n in (1, 2, 3)] == [7, 4, 2]
    assert post_two(client, "127.0.0.4").status_code == 200


def test_a_key_leaves_room_whatever_addresses_it_is_used_from(
    client: Client, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_room, "MAX_MESSAGES", 8)
    keys = [create(database_url, name, Scope.INGEST, days=None) for name in ("one", "other")]
    statuses = [
        [post_two(client, f"127.0.0.{n}", key).status_code for n in range(1, 4)] for key in keys
    ]
    assert statuses == [[200, 200, 503], [200, 503, 503]]


def test_messages_of_many_spans_are_read_in_parts(
    client: Client, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits is 256 MB: read at once, it was in the worker's memory several times."""
    monkeypatch.setattr(span_messages, "BYTES_AT_A_TIME", 2_500)
    read: list[int] = []
    of_spans = queries.messages.of_spans

    def noted(conn: Connection, **params: Any) -> Any:
        read.append(len(params["run_ids"]))
        return of_spans(conn, **params)

    monkeypatch.setattr(queries.messages, "of_spans", noted)
    trace = new_trace()
    calls = [new_span_id() for _ in range(5)]
    body = {"content": "x" * 1_000}
    send_logs(client, *[log(trace, call, "gen_ai.user.message", body) for call in calls])
    send(client, *[span(trace, span_id=call, attributes=CALL) for call in calls])
    assert (attach(conn), read) == (5, [2, 2, 1])
    [found] = conn.execute("SELECT count(*) AS n FROM events WHERE data ? 'input'").fetchall()
    assert found["n"] == 5
