"""BodyBudget: the bytes that a worker holds, and which requests it refuses."""

import gzip
from concurrent.futures import ThreadPoolExecutor

import pytest
from falcon import testing

from service.api.body_budget import BodyBudget
from service.core.overloaded import Overloaded
from service.db.connections import connect
from service.db.session_settings import WRITE
from tests.client import Client
from tests.events import event, new_id
from tests.processes.harness import until

pytestmark = pytest.mark.any_postgres

LIMIT = 100


def test_bodies_are_let_in_up_to_the_limit_to_the_byte() -> None:
    admission = BodyBudget(LIMIT)
    with admission.share("one") as one, admission.share("other") as other:
        one.grow(60)
        other.grow(40)
        with admission.share("third") as third, pytest.raises(Overloaded):
            third.grow(1)


def test_bytes_that_are_only_expected_are_refused_by_what_is_there_and_hold_nothing() -> None:
    admission = BodyBudget(LIMIT)
    with admission.share("one") as one, admission.share("other") as other:
        one.check_room(LIMIT)
        other.check_room(LIMIT)
        one.grow(60)
        other.check_room(40)
        with pytest.raises(Overloaded):
            other.check_room(41)
        one.grow(LIMIT)


def test_what_was_answered_is_given_back_also_after_a_refusal() -> None:
    admission = BodyBudget(LIMIT)
    with admission.share("one") as one:
        one.grow(60)
        with pytest.raises(Overloaded), admission.share("other") as other:
            other.grow(41)
    with admission.share("one") as one, admission.share("other") as other:
        one.grow(50)
        other.grow(50)


def test_a_body_over_the_limit_is_let_in_alone() -> None:
    admission = BodyBudget(LIMIT)
    with admission.share("one") as alone:
        alone.grow(LIMIT)
        alone.grow(3 * LIMIT)
        with admission.share("other") as other, pytest.raises(Overloaded):
            other.grow(1)


def test_a_share_never_shrinks() -> None:
    admission = BodyBudget(LIMIT)
    with admission.share("one") as share:
        share.grow(80)
        share.grow(20)
        assert share.size == 80


def test_one_client_has_half_and_what_it_holds_leaves_others_theirs() -> None:
    admission = BodyBudget(LIMIT)
    with admission.share("one") as first, admission.share("one") as second:
        first.grow(30)
        second.grow(20)
        for grown in (first, second):
            with pytest.raises(Overloaded):
                grown.check_room(grown.size + 1)
            with pytest.raises(Overloaded):
                grown.grow(grown.size + 1)
        with admission.share("other") as other:
            other.grow(50)
    with admission.share("one") as again:
        again.grow(30)


def test_one_body_of_a_client_may_be_larger_than_its_half() -> None:
    admission = BodyBudget(LIMIT)
    with admission.share("other") as other, admission.share("one") as one:
        other.grow(20)
        one.grow(80)
        with admission.share("one") as next_one, pytest.raises(Overloaded):
            next_one.grow(1)


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_request_beside_another_is_refused_by_its_real_size(
    database_url: str, encoding: str
) -> None:
    """Packed it is 3 kB; what counts is what it unpacks to."""
    text = b"x" * 3_000_000
    body = gzip.compress(text) if encoding == "gzip" else text
    stuck = new_id()
    with Client.of(database_url, MAX_IN_FLIGHT_MB="2") as client:
        client.send(event(stuck))
        with connect(database_url, WRITE, "test") as other, ThreadPoolExecutor(1) as pool:
            other.execute("SELECT FROM runs WHERE run_id = %s FOR UPDATE", [stuck])
            waiting = pool.submit(client.send, event(stuck, seconds=1))
            answer = until(
                lambda: refused(client.send_bytes(body, Content_Encoding=encoding)),
                "the body is accepted beside another",
            )
            assert answer.json["code"] == "overloaded"
            other.rollback()
            assert waiting.result().status_code == 200
        # Alone it is read, and found to be no JSON.
        assert client.send_bytes(body, Content_Encoding=encoding).status_code == 400


def refused(answer: testing.Result) -> testing.Result | None:
    """The answer, if it is a refusal."""
    return answer if answer.status_code == 503 else None


def test_a_request_counts_as_received_until_its_answer() -> None:
    budget = BodyBudget(100)
    with budget.share("a") as dribbles, budget.share("b") as whole:
        dribbles.grow(10)
        assert budget.received == 0
        assert whole.receive(b"body") == b"body"
        assert budget.received == 1
    assert budget.received == 0
