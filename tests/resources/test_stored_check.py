"""POST /events/check: what is stored, what is missing, what has expired, and what is no key."""

from contextlib import closing
from typing import Any

import psycopg
import pytest
from falcon import testing

from service.db.connections import connect
from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.queries import Connection, queries
from service.db.session_settings import READ
from tests.api.clock import StillClock
from tests.client import Client
from tests.db.old import LONG_AGO, receive, retain, run_on
from tests.events import Event, event, new_id
from tests.openapi import close
from tests.resources.test_openapi import assert_described

MANY = 10_000


def check(client: testing.TestClient, *keys: Any, **options: Any) -> testing.Result:
    """Ask for events by their keys."""
    return client.simulate_post("/api/events/check", json={"events": list(keys)}, **options)


def key(one: Event) -> Event:
    """The key of an event."""
    return {"run_id": one["run_id"], "event_id": one["event_id"]}


def test_what_is_stored_is_told_from_what_is_missing(client: Client) -> None:
    run, other = new_id(), new_id()
    stored, elsewhere = event(run), event(other)
    client.send(stored, elsewhere)
    never, swapped = event(run), {"run_id": other, "event_id": stored["event_id"]}
    nowhere = event(new_id())
    answer = check(client, key(stored), key(never), swapped, key(elsewhere), key(nowhere))
    assert answer.status_code == 200
    assert answer.json == {
        "checked": 5,
        "stored": 2,
        "missing": 3,
        "expired": 0,
        "failed": 0,
        "missing_events": [
            {"index": 1, **key(never)},
            {"index": 2, **swapped},
            {"index": 4, **key(nowhere)},
        ],
        "expired_runs": [],
        "errors": [],
    }


def test_it_stores_nothing(client: Client) -> None:
    missing = event(new_id())
    assert check(client, missing).json["missing"] == 1
    assert check(client, missing).json["missing"] == 1
    assert client.ok("/api/agents") == []


def test_the_body_of_a_batch_will_do_and_ids_in_any_usual_form(client: Client) -> None:
    one = event(
        new_id(), data={"text": "naïve \ud83d\ude00".encode("utf-16", "surrogatepass").hex()}
    )
    client.send(one)
    shouted = {name: str(value).upper() for name, value in key(one).items()}
    packed = {name: f"{{{str(value).replace('-', '')}}}" for name, value in key(one).items()}
    answer = check(client, one, shouted, packed).json
    assert (answer["checked"], answer["stored"]) == (3, 3)


BAD: list[tuple[Any, str | None, str]] = [
    ({"event_id": new_id()}, "run_id", "missing"),
    ({"run_id": new_id()}, "event_id", "missing"),
    ({"run_id": None, "event_id": new_id()}, "run_id", "missing"),
    ({"run_id": "nobody", "event_id": new_id()}, "run_id", "invalid_uuid"),
    ({"run_id": new_id(), "event_id": 7}, "event_id", "invalid_uuid"),
    ({"run_id": [new_id()], "event_id": new_id()}, "run_id", "invalid_uuid"),
    ("text", None, "not_an_object"),
    (None, None, "not_an_object"),
    ([], None, "not_an_object"),
]


@pytest.mark.parametrize(("bad", "field", "code"), BAD)
def test_what_is_no_key_is_named_and_rejects_no_other(
    client: Client, bad: Any, field: str | None, code: str
) -> None:
    stored, missing = event(new_id()), event(new_id())
    client.send(stored)
    answer = check(client, key(missing), bad, key(stored), key(missing)).json
    assert (answer["checked"], answer["stored"], answer["missing"]) == (3, 1, 2)
    assert [one["index"] for one in answer["missing_events"]] == [0, 3]
    [error] = answer["errors"]
    assert (error["index"], error["field"], error["code"]) == (1, field, code)
    alone = check(client, bad)
    assert (alone.status_code, alone.json["checked"], alone.json["failed"]) == (422, 0, 1)


def test_a_hundred_errors_are_named_and_all_counted(client: Client) -> None:
    answer = check(client, *[{}] * 150).json
    assert (answer["failed"], len(answer["errors"]), answer["errors_omitted"]) == (150, 100, 50)


WRONG: list[tuple[bytes, int, str]] = [
    (b"", 400, "invalid_json"),
    (b"{", 400, "invalid_json"),
    (b"[]", 400, "invalid_batch"),
    (b'{"events": {}}', 400, "invalid_batch"),
    (b'{"event": []}', 400, "invalid_batch"),
    (b'{"events": []}', 400, "empty_batch"),
    (b'{"events": [{}, {}, {}, {}]}', 413, "batch_too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), WRONG)
def test_a_body_that_asks_for_nothing_is_refused(
    database_url: str, body: bytes, status: int, code: str
) -> None:
    with Client.of(database_url, MAX_BATCH_SIZE="3") as client:
        answer = client.simulate_post(
            "/events/check", body=body, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json["code"]) == (status, code)
        assert check(client, {}, {}, {}).status_code == 422


def test_runs_that_retention_removed_are_not_to_be_sent_again(
    client: Client, database_url: str
) -> None:
    gone = run_on(LONG_AGO)
    receive(database_url, LONG_AGO, *gone)
    assert retain(database_url)
    missing = event(new_id())
    answer = check(client, *map(key, gone), key(missing)).json
    assert (answer["stored"], answer["missing"], answer["expired"]) == (0, 1, len(gone))
    assert answer["expired_runs"] == [gone[0]["run_id"]]
    assert answer["missing_events"] == [{"index": len(gone), **key(missing)}]


def test_ten_thousand_in_one_request(client: Client) -> None:
    runs = [new_id() for _ in range(100)]
    events = [event(runs[n % len(runs)]) for n in range(MANY)]
    client.send(*events[::2])
    answer = check(client, *map(key, events)).json
    assert (answer["checked"], answer["stored"], answer["failed"]) == (MANY, MANY // 2, 0)
    assert [one["index"] for one in answer["missing_events"]] == list(range(1, MANY, 2))


def plan_of_missing(conn: Connection) -> str:
    """The plan that serves, whatever the parameters."""
    text = queries.events.missing.text % {"run_ids": "$1", "event_ids": "$2"}
    conn.execute(f"PREPARE checked AS {text}".encode())
    return str(conn.execute("EXPLAIN EXECUTE checked ('{}', '{}')").fetchall())


@pytest.mark.one_server("the plans are the workers' own")
def test_it_never_scans_though_the_tables_were_small_when_it_was_planned(
    client: Client, database_url: str, conn: Connection
) -> None:
    """The settings are those of its transaction, and end with it."""
    client.send(event(new_id()))
    conn.execute("VACUUM ANALYZE runs, events, expired_runs")
    with connect(database_url, READ, "test") as plain:
        assert "Seq Scan" in plan_of_missing(plain), "else this proves nothing"
    database = Database(DatabaseSettings(database_url, 4))
    database.open()
    with closing(database):
        with database.looking_up() as reader:
            plan = plan_of_missing(reader)
        assert "Index Only Scan" in plan
        assert "Seq Scan" not in plan
        assert "Hash" not in plan
        with database.snapshot() as reader:
            assert reader.execute("SHOW enable_seqscan").fetchone() == {"enable_seqscan": "on"}


def test_it_is_answered_while_ingest_is_refused(client: Client) -> None:
    crowded = testing.TestClient(client.crowded())
    for path in ("/api/events/check", "/events/check", "/api/events/check/"):
        answer = crowded.simulate_post(path, json={"events": [event(new_id())]})
        assert (answer.status_code, answer.json["missing"]) == (200, 1), path
    for path in ("/api/events", "/events", "/api/events/check/x", "/api/events/", "/"):
        answer = crowded.simulate_post(path, json={"events": [event(new_id())]})
        assert (answer.status_code, answer.json["code"]) == (503, "overloaded"), path


def test_the_path_that_the_gate_looks_at_is_the_one_that_is_routed(client: Client) -> None:
    """No way to spell the one path so that the request goes to the other."""
    crowded = testing.TestClient(client.crowded())
    one = event(new_id())
    for raw in ("/api/events?/events/check", "http://x/api/events", "/api/events%2Fcheck"):
        answer = crowded.simulate_post(
            "/api/events/check", json={"events": [one]}, extras={"RAW_URI": raw}
        )
        assert answer.status_code == 503, raw
    assert client.ok("/api/agents") == []


def test_its_bodies_have_a_limit_of_their_own_and_hold_up_no_ingest(database_url: str) -> None:
    with Client.of(database_url, MAX_BODY_MB="2", MAX_IN_FLIGHT_MB="1") as client:
        large = [{**event(new_id()), "data": {"text": "x" * 2_100_000}}]
        assert check(client, *large).status_code == 413
        resource = client.app.app._router.find("/api/events/check")[0]  # type: ignore[attr-defined]
        many = [event(new_id()) for _ in range(1000)]
        with resource._budget.share("another") as held:
            held.grow(250_000)
            refused = check(client, *many)
            assert (refused.status_code, refused.json["code"]) == (503, "overloaded")
            assert client.send(*many).status_code == 200
        assert check(client, *many).json["stored"] == 1000


def test_it_counts_as_one_read_and_as_no_event(database_url: str) -> None:
    with Client.of(
        database_url, clock=StillClock(), MAX_EVENTS_PER_SECOND="1", MAX_READS_PER_SECOND="2"
    ) as client:
        assert client.send(event(new_id()), event(new_id())).status_code == 200
        assert client.send(event(new_id())).status_code == 429
        found = [check(client, event(new_id()), event(new_id())).status_code for _ in range(3)]
        assert found == [200, 200, 429]


def test_it_is_a_read_where_a_table_is_locked_or_the_database_is_away(
    client: Client, database_url: str
) -> None:
    client.send(event(new_id()))
    document = close(dict(client.ok("/api/openapi.json")))
    with psycopg.connect(database_url) as locker:
        locker.execute("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE")
        locked = check(client, event(new_id()))
    assert (locked.status_code, locked.json["code"]) == (504, "locked")
    assert locked.headers["Retry-After"] == "1"
    with Client.of("postgresql://nobody@127.0.0.1:1/nothing") as away:
        lost = check(away, event(new_id()))
    assert lost.status_code == 503
    good, bad = check(client, event(new_id()), {}), check(client, {})
    for answer in (locked, lost, good, bad):
        assert_described(document, "/events/check", "post", answer)
