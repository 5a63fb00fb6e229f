"""POST /events: what is stored, what is refused, and what the answer says."""

import gzip
import json
import uuid

import pytest

from service.db.queries import Connection
from tests.client import Client
from tests.events import at, differences, event, new_id


def test_a_batch_is_stored_and_counted(client: Client, conn: Connection) -> None:
    run = new_id()
    answer = client.send(event(run), event(run, seconds=1))
    assert answer.status_code == 200
    assert answer.json == {
        "status": "success",
        "message": "Ingested 2 events",
        "count": 2,
        "inserted": 2,
        "duplicates": 0,
        "failed": 0,
        "errors": [],
    }
    assert differences(conn) == []


def test_sending_the_same_batch_again_changes_nothing(client: Client, conn: Connection) -> None:
    run = new_id()
    batch = [event(run, "agent_start"), event(run, "llm_call", 1, data={"cost": 0.25})]
    client.send(*batch)
    before = client.run(run)
    answer = client.send(*batch).json
    assert (answer["count"], answer["inserted"], answer["duplicates"]) == (2, 0, 2)
    assert client.run(run) == before
    assert differences(conn) == []


def test_an_event_twice_in_a_batch_counts_once_and_the_first_wins(client: Client) -> None:
    run, event_id = new_id(), new_id()
    answer = client.send(
        event(run, event_id=event_id, data={"n": 1}), event(run, event_id=event_id, data={"n": 2})
    ).json
    assert (answer["count"], answer["inserted"], answer["duplicates"]) == (2, 1, 1)
    assert client.ok(f"/api/runs/{run}/timeline")["events"][0]["data"] == {"n": 1}


def test_the_same_event_id_in_another_run_is_another_event(client: Client) -> None:
    event_id, one, other = new_id(), new_id(), new_id()
    answer = client.send(event(one, event_id=event_id), event(other, event_id=event_id)).json
    assert answer["inserted"] == 2
    children = client.simulate_get(f"/api/events/{event_id}/children", params={"run_id": one})
    assert children.status_code == 200


def test_one_bad_event_rejects_no_other(client: Client) -> None:
    run = new_id()
    answer = client.send(event(run), event(run, timestamp="yesterday"), event(run, seconds=1))
    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["count"], answer.json["failed"]) == ("partial", 2, 1)
    [error] = answer.json["errors"]
    assert (error["index"], error["field"], error["code"]) == (1, "timestamp", "invalid_timestamp")


def test_all_events_bad_is_422_with_the_same_body(client: Client) -> None:
    answer = client.send(event("no uuid"), event(new_id(), agent_name=""))
    assert answer.status_code == 422
    assert (answer.json["count"], answer.json["failed"]) == (0, 2)
    assert [error["code"] for error in answer.json["errors"]] == ["invalid_uuid", "empty"]


def test_at_most_a_hundred_errors_are_named(client: Client) -> None:
    answer = client.send(event(new_id()), *[event("bad") for _ in range(150)]).json
    assert (answer["failed"], len(answer["errors"]), answer["errors_omitted"]) == (150, 100, 50)


def test_an_event_without_id_gets_one_that_resending_gives_again(client: Client) -> None:
    run = new_id()
    one = event(run, data={"n": 1})
    del one["event_id"]
    assert client.send(one, one).json["inserted"] == 2  # equal events are told apart by their order
    assert client.send(one, one).json["duplicates"] == 2
    assert client.run(run)["event_count"] == 2


@pytest.mark.parametrize(
    "body",
    [b"", b"   ", b"{", b"\xff\xfe{}", b'\xef\xbb\xbf{"events": []}', "é".encode("latin-1")],
)
def test_a_body_that_is_no_json_is_400(client: Client, body: bytes) -> None:
    answer = client.send_bytes(body)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_json")


@pytest.mark.parametrize("document", [[], "text", {}, {"events": None}, {"events": {}}, 1, None])
def test_a_body_without_a_list_of_events_is_400(client: Client, document: object) -> None:
    answer = client.send_bytes(json.dumps(document).encode())
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_batch")


def test_an_empty_batch_is_400(client: Client) -> None:
    assert client.send().status_code == 400


def test_a_batch_over_the_limit_is_413_and_nothing_is_stored(client: Client) -> None:
    run = new_id()
    answer = client.send_bytes(json.dumps({"events": [event(run)] * 10_001}).encode())
    assert (answer.status_code, answer.json["limit"]) == (413, 10_000)
    assert client.simulate_get(f"/api/runs/{run}").status_code == 404


def test_a_batch_at_the_limit_is_stored(client: Client) -> None:
    run = new_id()
    assert client.send(*[event(run, seconds=n) for n in range(10_000)]).json["inserted"] == 10_000


def test_an_event_that_is_no_object_is_an_event_error(client: Client) -> None:
    answer = client.send(event(new_id()), [], 1, "x", None).json  # type: ignore[arg-type]
    assert [error["code"] for error in answer["errors"]] == ["not_an_object"] * 4


def test_other_content_types_are_415(client: Client) -> None:
    answer = client.send_bytes(b"events=1", Content_Type="application/x-www-form-urlencoded")
    assert answer.status_code == 415
    assert client.send_bytes(b"{}", Content_Encoding="br").status_code == 415


def test_gzip_is_understood_in_one_member_or_several(client: Client) -> None:
    run = new_id()
    body = json.dumps({"events": [event(run)]}).encode()
    halves = gzip.compress(body[:50]) + gzip.compress(body[50:])
    for packed in (gzip.compress(body), halves):
        assert client.send_bytes(packed, Content_Encoding="gzip").json["count"] == 1


@pytest.mark.parametrize("damage", [b"no gzip at all", gzip.compress(b"{}", mtime=0)[:-3]])
def test_corrupt_gzip_is_400(client: Client, damage: bytes) -> None:
    answer = client.send_bytes(damage, Content_Encoding="gzip")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_encoding")


def test_bodies_over_the_limit_are_413_packed_or_not(database_url: str) -> None:
    bomb = gzip.compress(b" " * (2 * 1024 * 1024))
    with Client.of(database_url, MAX_BODY_MB="1") as client:
        assert client.send_bytes(b" " * (1024 * 1024 + 1)).status_code == 413
        assert client.send_bytes(bomb, Content_Encoding="gzip").status_code == 413
        assert client.send_bytes(b" " * (1024 * 1024)).status_code == 400  # read, and no JSON


def test_totals_status_and_duration_follow_the_events_in_any_order(client: Client) -> None:
    run = new_id()
    client.send(event(run, "agent_end", 9.5))
    client.send(event(run, "llm_call", 3, data={"cost": 0.1, "tokens_in": 5, "tokens_out": 7}))
    client.send(event(run, "agent_start", 0), event(run, "llm_call", 1, data={"cost": 0.2}))
    found = client.run(run)
    assert found["status"] == "completed"
    assert found["total_duration_ms"] == 9500
    assert found["total_cost"] == 0.3  # numeric: 0.1 + 0.2 is 0.3
    assert (found["tokens_in"], found["tokens_out"], found["event_count"]) == (5, 7, 4)


def test_a_failed_tool_fails_no_run_that_ends_well(client: Client) -> None:
    run = new_id()
    client.send(
        event(run, "agent_start"),
        event(run, "tool_call", 1, data={"error": {"type": "ValueError"}}),
        event(run, "agent_end", 2),
    )
    assert (client.run(run)["status"], client.run(run)["error_count"]) == ("completed", 1)


@pytest.mark.parametrize(
    "data",
    [{"status": "error"}, {"error": "boom"}, {"output": {"error": {"type": "E", "message": "m"}}}],
)
def test_a_run_fails_by_its_outcome(client: Client, data: object) -> None:
    run = new_id()
    client.send(event(run, "agent_end", data=data), event(run, "agent_end", 1))
    assert client.run(run)["status"] == "failed"


def test_known_keys_of_the_wrong_type_count_as_absent_and_are_kept(client: Client) -> None:
    run = new_id()
    data = {"cost": "abc", "tokens_in": True, "tokens_out": -1, "latency_ms": None, "model": 7}
    client.send(event(run, data=data))
    found = client.run(run)
    assert (found["total_cost"], found["tokens_in"], found["tokens_out"]) == (0, 0, 0)
    [stored] = client.ok(f"/api/runs/{run}/timeline")["events"]
    assert stored["data"] == data
    assert (stored["model"], stored["latency_ms"], stored["cost"]) == (None, None, None)


def test_numbers_at_their_limits(client: Client) -> None:
    run = new_id()
    client.send(
        event(run, data={"tokens_in": 2**40, "cost": 1e9, "latency_ms": 1e12}),
        event(run, data={"tokens_in": 2**40 + 1, "cost": 1.1e9, "latency_ms": 1.1e12}),
        event(run, data={"tokens_in": 2**70, "tokens_out": -0.0, "cost": -0.0}),
    )
    found = client.run(run)
    assert (found["tokens_in"], found["total_cost"]) == (2**40, 1e9)


def test_whole_numbers_of_any_length_are_kept_in_data(client: Client) -> None:
    run = new_id()
    data = {"big": 2**64 + 1, "bigger": 10**40}
    client.send(event(run, data=data))
    assert json.loads(client.simulate_get(f"/api/runs/{run}/timeline").text)["events"][0][
        "data"
    ] == {"big": 2**64 + 1, "bigger": 10**40}


@pytest.mark.parametrize("number", ["1e-20000", "0E+99999", f"0.{'0' * 17_000}1", "1.5e-320"])
def test_numbers_with_more_places_than_jsonb_has_are_stored(client: Client, number: str) -> None:
    run_id = new_id()
    body = json.dumps({"events": [event(run_id, data={"n": 1})]}).replace(
        '"n": 1', f'"n": {number}'
    )
    assert client.send_bytes(body.encode()).json["inserted"] == 1
    [stored] = client.ok(f"/api/runs/{run_id}/timeline")["events"]
    assert stored["data"]["n"] == float(number)


def test_duration_ms_stands_in_for_latency_ms(client: Client) -> None:
    run = new_id()
    client.send(event(run, data={"duration_ms": 1.5}))
    assert client.ok(f"/api/runs/{run}/timeline")["events"][0]["latency_ms"] == 1.5


def test_parent_run_id_stands_in_for_the_parent(client: Client) -> None:
    run, parent = new_id(), new_id()
    client.send(event(run, data={"parent_run_id": parent}))
    assert client.ok(f"/api/runs/{run}/timeline")["events"][0]["parent_event_id"] == parent


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2026-11-22T10:30:00.123456", "2026-11-22T10:30:00.123456+00:00"),
        ("2026-11-22T10:30:00Z", "2026-11-22T10:30:00+00:00"),
        ("2026-11-22T10:30:00+05:30", "2026-11-22T05:00:00+00:00"),
        ("2026-11-22t10:30:00z", "2026-11-22T10:30:00+00:00"),
        ("2026-11-22T24:00:00Z", "2026-11-23T00:00:00+00:00"),
        ("2026-11-22T24:00+05:30", "2026-11-22T18:30:00+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
        ("2017-01-01T05:29:60.25+05:30", "2017-01-01T00:00:00.250000+00:00"),
    ],
)
def test_timestamps_are_utc_in_answers(client: Client, sent: str, stored: str) -> None:
    run = new_id()
    client.send(event(run, timestamp=sent))
    assert client.ok(f"/api/runs/{run}/timeline")["events"][0]["timestamp"] == stored


def test_uuids_in_other_forms_are_the_same_uuids(client: Client) -> None:
    run = uuid.uuid4()
    client.send(event(str(run).upper()), event(run.hex), event(f"{{{run}}}"))
    assert client.run(str(run))["event_count"] == 3


def test_a_lone_surrogate_is_replaced_and_named(client: Client) -> None:
    run = new_id()
    events = [event(run), event(run, data={"text": "cut \ud83d"}), event(run, seconds=1)]
    answer = client.send_bytes(json.dumps({"events": events}).encode()).json
    assert (answer["status"], answer["count"], answer["failed"]) == ("success", 3, 0)
    [warning] = answer["warnings"]
    assert (warning["code"], warning["index"]) == ("invalid_text", 1)
    assert warning["event_id"] == events[1]["event_id"]
    stored = {e["event_id"]: e for e in client.ok(f"/api/runs/{run}/timeline")["events"]}
    assert stored[events[1]["event_id"]]["data"] == {"text": "cut \ufffd"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NaN", "invalid_number"),
        ('"a\\u0000"', "nul_character"),
        ('"\\ud83d"', "invalid_text"),
        ('"%s"' % ("x" * 1_100_000), "event_too_large"),
        ("[" * 65 + "]" * 65, "too_deep"),
    ],
)
def test_content_costs_no_figures(client: Client, conn: Connection, text: str, code: str) -> None:
    bad, good = event(new_id(), "llm_call", data={"cost": 1, "t": "HERE"}), event(new_id())
    body = json.dumps({"events": [bad, good]}).replace('"HERE"', text)
    answer = client.send_bytes(body.encode()).json
    assert (answer["inserted"], answer["failed"], answer["errors"]) == (2, 0, [])
    assert [(w["index"], w["code"]) for w in answer["warnings"]] == [(0, code)]
    assert client.run(bad["run_id"])["total_cost"] == 1
    assert differences(conn) == []
    metrics = client.simulate_get("/metrics").text
    assert f'gati_events_repaired_total{{code="{code}"}}' in metrics


def test_environment_is_that_of_the_earliest_event_that_has_one(client: Client) -> None:
    run = new_id()
    client.send(event(run, seconds=2, data={"environment": "late"}))
    client.send(event(run, seconds=1, data={"environment": "early"}), event(run, seconds=0))
    assert client.run(run)["environment"] == "early"


def test_without_one_the_environment_is_the_services(database_url: str) -> None:
    run = new_id()
    with Client.of(database_url, ENVIRONMENT="staging") as client:
        client.send(event(run))
        assert client.run(run)["environment"] == "staging"


def test_a_clock_wrong_by_years_harms_nothing(client: Client, conn: Connection) -> None:
    run = new_id()
    answer = client.send(
        event(run, timestamp="1971-01-01T00:00:00Z"), event(run, timestamp="2199-12-31T23:59:59Z")
    )
    assert answer.json["inserted"] == 2
    days = conn.execute("SELECT DISTINCT received_on = current_date AS ok FROM events").fetchall()
    assert days == [{"ok": True}]


def test_control_of_time_is_the_services_own(client: Client) -> None:
    run = new_id()
    client.send(event(run, created_at=at(-1e6), received_on="2001-01-01"))
    assert client.run(run)["event_count"] == 1


def test_an_answer_says_up_to_where_the_log_reaches_what_it_stored(
    client: Client, conn: Connection
) -> None:
    run = new_id()
    first, again = (client.send(event(run)).headers["X-Commit-LSN"] for _ in range(2))
    reached = "SELECT pg_current_wal_lsn() >= %s::pg_lsn AND %s::pg_lsn >= %s::pg_lsn AS r"
    assert conn.execute(reached, [again, again, first]).fetchall() == [{"r": True}]
    refused = client.send({"run_id": run})
    assert (refused.status_code, "X-Commit-LSN" in refused.headers) == (422, False)
