"""The limits as clients meet them: who is counted, what counts, and what the answer says."""

from typing import Any

import falcon
import pytest
from falcon import testing

from service.api.errors import ApiError
from service.api.middleware.rate_limit import RateLimit
from service.api.policy import INGEST, Policy
from service.api.resource import Resource
from service.auth.key_admin import create
from service.auth.key_cache import ANONYMOUS
from service.auth.scopes import Scope
from service.config import Config
from service.db.queries import Connection
from tests.api.clock import StillClock
from tests.client import Client
from tests.events import event, new_id
from tests.openapi import close
from tests.resources.test_openapi import assert_described

pytestmark = pytest.mark.any_postgres

PAGE = "http://localhost:3000"


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


def statuses(client: Client, count: int, path: str = "/api/agents", **options: Any) -> list[int]:
    """What so many reads are answered."""
    return [client.simulate_get(path, **options).status_code for _ in range(count)]


def send(client: Client, count: int, **options: Any) -> int:
    """What a batch of so many good events is answered."""
    run = new_id()
    return client.send(*[event(run) for _ in range(count)], **options).status_code


def test_by_default_nothing_is_limited(database_url: str, clock: StillClock) -> None:
    with Client.of(database_url, clock=clock) as client:
        assert set(statuses(client, 50)) == {200}
        assert {send(client, 10) for _ in range(20)} == {200}


def test_reads_up_to_the_limit_and_not_one_more(database_url: str, clock: StillClock) -> None:
    with Client.of(database_url, clock=clock, MAX_READS_PER_SECOND="3") as client:
        assert statuses(client, 5) == [200, 200, 200, 429, 429]
        clock.move(1)
        assert statuses(client, 4) == [200, 200, 200, 429]
        clock.move(0.34)
        assert statuses(client, 2) == [200, 429]
        assert {send(client, 10) for _ in range(10)} == {200}, "events are another matter"


def test_a_refusal_says_when_to_come_again(database_url: str, clock: StillClock) -> None:
    with Client.of(database_url, clock=clock, MAX_EVENTS_PER_SECOND="10") as client:
        assert send(client, 45) == 200
        headers = {"Origin": PAGE, "X-Request-Id": "mine"}
        answer = client.send(event(new_id()), headers=headers)
        assert answer.status_code == 429
        assert answer.json == {
            "title": "429 Too Many Requests",
            "description": "More than 10 events per second. Retry in 4 s.",
            "detail": "More than 10 events per second. Retry in 4 s.",
            "code": "rate_limited",
            "request_id": "mine",
            "retry_after": 4,
            "limit": 10,
        }
        assert answer.headers["Retry-After"] == "4"
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE
        clock.move(3.6)
        assert send(client, 1) == 200


def test_a_batch_passes_while_an_event_is_left_and_is_paid_afterwards(
    database_url: str, clock: StillClock, conn: Connection
) -> None:
    with Client.of(database_url, clock=clock, MAX_EVENTS_PER_SECOND="10") as client:
        assert [send(client, 9), send(client, 21), send(client, 1)] == [200, 200, 429]
        clock.move(2)
        assert send(client, 1) == 429
        clock.move(0.1)
        assert [send(client, 1), send(client, 1)] == [200, 429]
        assert set(statuses(client, 50)) == {200}, "reads are another matter"
    counted = conn.execute("SELECT count(*) AS events FROM events").fetchone()
    assert counted == {"events": 31}


def test_what_counts_is_what_was_sent_good_bad_or_again(
    database_url: str, clock: StillClock
) -> None:
    run = new_id()
    good, bad = event(run), event("no run")
    with Client.of(database_url, clock=clock, MAX_EVENTS_PER_SECOND="5") as client:
        assert client.send(good, bad).status_code == 200
        assert client.send(bad).status_code == 422
        assert client.send(good).json["duplicates"] == 1
        assert [send(client, 1), send(client, 1)] == [200, 429]


def test_a_body_that_is_no_batch_costs_nothing(database_url: str, clock: StillClock) -> None:
    with Client.of(database_url, clock=clock, MAX_EVENTS_PER_SECOND="1") as client:
        assert [client.send_bytes(b"{").status_code for _ in range(3)] == [400] * 3
        assert send(client, 1) == 200


def test_in_debt_the_body_is_not_even_read(database_url: str, clock: StillClock) -> None:
    with Client.of(database_url, clock=clock, MAX_EVENTS_PER_SECOND="1") as client:
        send(client, 1)
        for body, headers in ((b"{", {}), (b"x", {"Content_Type": "text/plain"})):
            assert client.send_bytes(body, **headers).status_code == 429


class Sending(Resource):
    policy = Policy({"POST": INGEST})


def test_bodies_that_were_let_in_together_are_not_all_stored(clock: StillClock) -> None:
    config = Config.from_environment({"MAX_EVENTS_PER_SECOND": "10"})
    limit, resource = RateLimit(config, clock), Sending()
    requests = [testing.create_req(method="POST", path="/api/events") for _ in range(3)]
    for req in requests:
        req.context.principal = ANONYMOUS
        limit.process_resource(req, falcon.Response(), resource, {})
    limit.take_events(requests[0], 10)
    for req in requests[1:]:
        with pytest.raises(ApiError) as raised:
            limit.take_events(req, 1)
        assert raised.value.status == falcon.HTTP_429


def test_changes_health_and_preflights_are_free(database_url: str, clock: StillClock) -> None:
    limits: dict[str, Any] = {"MAX_READS_PER_SECOND": "1", "MAX_EVENTS_PER_SECOND": "1"}
    with Client.of(database_url, clock=clock, **limits) as client:
        run = new_id()
        client.send(event(run, agent_name="robot"))
        assert statuses(client, 2) == [200, 429]
        assert send(client, 1) == 429
        for path in ("/health", "/livez", "/openapi.json", "/"):
            assert 429 not in statuses(client, 3, path)
        assert client.simulate_options("/api/agents").status_code == 200
        changed = client.simulate_patch("/api/agents/robot", json={"description": "x"})
        assert changed.status_code == 200
        assert client.simulate_delete(f"/api/runs/{run}").status_code == 200


def test_head_and_both_prefixes_are_reads_like_any_other(
    database_url: str, clock: StillClock
) -> None:
    with Client.of(database_url, clock=clock, MAX_READS_PER_SECOND="3") as client:
        asked = [client.simulate_head("/agents"), client.simulate_get("/agents")]
        asked += [client.simulate_get(f"/api/agents/{name}") for name in ("nobody", "none")]
        assert [answer.status_code for answer in asked] == [200, 200, 404, 429]


def test_a_key_is_counted_wherever_it_is_used_from(database_url: str, clock: StillClock) -> None:
    one, other = (
        {"Authorization": f"Bearer {create(database_url, name, Scope.READ, None)}"}
        for name in ("one", "other")
    )
    with Client.of(database_url, clock=clock, MAX_READS_PER_SECOND="2") as client:
        assert statuses(client, 1, headers=one, remote_addr="198.51.100.1") == [200]
        assert statuses(client, 2, headers=one, remote_addr="198.51.100.2") == [200, 429]
        assert statuses(client, 3, headers=other, remote_addr="198.51.100.2") == [200, 200, 429]
        assert statuses(client, 1, headers={}) == [401], "who has no key is told so"


def test_what_access_refuses_costs_nothing(database_url: str, clock: StillClock) -> None:
    key = create(database_url, "sender", Scope.INGEST, None)
    headers = {"Authorization": f"Bearer {key}"}
    limits: dict[str, Any] = {"MAX_READS_PER_SECOND": "1", "MAX_EVENTS_PER_SECOND": "1"}
    with Client.of(database_url, clock=clock, **limits) as client:
        assert statuses(client, 3, headers=headers) == [403] * 3
        assert send(client, 1, headers=headers) == 200


def test_without_keys_addresses_are_counted(database_url: str, clock: StillClock) -> None:
    with Client.of(database_url, clock=clock, MAX_READS_PER_SECOND="1") as client:
        for address in ("198.51.100.1", "198.51.100.2", "2001:db8::1"):
            assert statuses(client, 2, remote_addr=address) == [200, 429]
        assert statuses(client, 1, remote_addr="2001:db8::2") == [429]


def test_behind_a_proxy_it_is_the_client_s_address_and_nobody_else_s_word(
    database_url: str, clock: StillClock
) -> None:
    limits: dict[str, Any] = {"MAX_READS_PER_SECOND": "1", "TRUSTED_PROXIES": "10.0.0.0/8"}
    limits["INSECURE_PUBLIC"] = "true"
    with Client.of(database_url, clock=clock, **limits) as client:
        for said, expected in (("198.51.100.1", 200), ("1.1.1.1, 198.51.100.1", 429)):
            headers = {"X-Forwarded-For": said}
            assert statuses(client, 1, headers=headers, remote_addr="10.0.0.5") == [expected]
        for number in range(3):
            headers = {"X-Forwarded-For": f"198.51.100.{number}"}
            answer = statuses(client, 1, headers=headers, remote_addr="203.0.113.9")
            assert answer == [200 if number == 0 else 429]


def test_a_client_of_a_unix_socket_has_no_address(database_url: str, clock: StillClock) -> None:
    with Client.of(database_url, clock=clock, MAX_READS_PER_SECOND="1") as client:
        assert statuses(client, 2, extras={"REMOTE_ADDR": ""}) == [200, 429]


def test_refusals_are_as_described(database_url: str, clock: StillClock) -> None:
    limits: dict[str, Any] = {"MAX_READS_PER_SECOND": "1", "MAX_EVENTS_PER_SECOND": "1"}
    with Client.of(database_url, clock=clock, **limits) as client:
        document = close(dict(client.ok("/openapi.json")))
        for _ in range(2):
            read, sent = client.simulate_get("/agents"), client.send(event(new_id()))
    assert (read.status_code, sent.status_code) == (429, 429)
    assert_described(document, "/agents", "get", read)
    assert_described(document, "/events", "post", sent)


def test_every_limited_path_is_described_with_429_and_no_other(client: Client) -> None:
    paths = client.ok("/openapi.json")["paths"]
    for path, item in paths.items():
        for method, operation in item.items():
            if method == "servers":
                continue
            is_limited = method in ("get", "post") and "401" in operation["responses"]
            assert ("429" in operation["responses"]) == is_limited, (method, path)
