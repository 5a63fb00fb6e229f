"""Events that come late for runs that retention removed: errors of theirs alone."""

import pytest

from service.core.clock import today
from service.db import retention
from service.db.queries import Connection
from service.metrics.verify import verify
from tests.client import Client
from tests.db.old import LONG_AGO, on, receive, retain, run_on
from tests.events import Event, event, new_id


@pytest.fixture
def gone(database_url: str) -> list[Event]:
    """The events of a run that was removed."""
    events = run_on(LONG_AGO)
    receive(database_url, LONG_AGO, *events)
    assert retain(database_url)
    return events


def test_they_are_named_and_the_others_stored(
    client: Client, database_url: str, gone: list[Event]
) -> None:
    bad, good = event(new_id(), timestamp="never"), event(new_id())
    result = client.send(bad, good, gone[0], bad, gone[0], event(good["run_id"]))
    assert result.status_code == 200
    answer = result.json
    assert (answer["status"], answer["count"], answer["inserted"]) == ("partial", 2, 2)
    assert answer["failed"] == 4
    assert [one["index"] for one in answer["errors"]] == [0, 2, 3, 4]
    assert answer["errors"][1] == {
        "index": 2,
        "event_id": gone[0]["event_id"],
        "field": "run_id",
        "code": "expired",
        "message": "The run is older than what is kept, and was removed.",
    }
    assert client.simulate_get(f"/api/runs/{gone[0]['run_id']}").status_code == 404
    assert client.run(good["run_id"])["event_count"] == 2
    assert verify(database_url) == []


def test_alone_they_are_422_and_make_no_agent(
    client: Client, conn: Connection, gone: list[Event]
) -> None:
    result = client.send(*gone, event(gone[0]["run_id"], agent_name="unheard of"))
    assert result.status_code == 422
    assert (result.json["status"], result.json["count"], result.json["failed"]) == ("error", 0, 6)
    assert {one["code"] for one in result.json["errors"]} == {"expired"}
    assert client.simulate_get("/api/agents/unheard%20of").status_code == 404
    assert client.send(event(new_id())).status_code == 200  # the writer goes on


def test_a_hundred_are_named_and_all_are_counted(client: Client, gone: list[Event]) -> None:
    late = [event(gone[0]["run_id"], seconds=n) for n in range(150)]
    answer = client.send(event(new_id()), *late).json
    assert (answer["inserted"], answer["failed"]) == (1, 150)
    assert (len(answer["errors"]), answer["errors_omitted"]) == (100, 50)
    assert answer["errors"][0]["index"] == 1


def test_each_request_of_a_transaction_has_its_own(
    client: Client, database_url: str, gone: list[Event]
) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    def send(n: int) -> tuple[int, int, int]:
        batch = [event(new_id()), gone[n % 5]] if n % 2 else [event(new_id())]
        answer = client.send(*batch).json
        return n % 2, answer["inserted"], answer["failed"]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(send, range(40)))
    assert all(inserted == 1 and failed == odd for odd, inserted, failed in found)
    assert verify(database_url) == []


def test_after_a_time_their_ids_are_forgotten(
    client: Client, conn: Connection, database_url: str, gone: list[Event]
) -> None:
    days = retention.EXPIRED_DAYS
    for age, status in ((days - 1, 422), (days + 1, 200)):
        conn.execute("UPDATE expired_runs SET expired_at = now() - %s * interval '1 day'", [age])
        retain(database_url)
        assert client.send(gone[1]).status_code == status


def test_a_run_that_was_deleted_by_hand_is_not_expired(client: Client) -> None:
    run = new_id()
    client.send(event(run, timestamp=on(today())))
    client.ok(f"/api/runs/{run}", "DELETE")
    assert client.send(event(run)).json["inserted"] == 1
