"""Bodies over the wire: chunks, gzip, too short, too long."""

import gzip

import pytest

from tests.events import event, new_id
from tests.http.conftest import LIMIT, is_stored, padded
from tests.http.wire import (
    JSON,
    batch,
    chunk,
    connected,
    exchange,
    get,
    head,
    post,
    post_chunked,
)
from tests.service import Service

PIECE = 64 * 1024


def cut(body: bytes, size: int) -> list[bytes]:
    """A body in pieces."""
    return [body[i : i + size] for i in range(0, len(body), size)]


def test_a_body_in_one_chunk_is_stored(service: Service) -> None:
    run_id = new_id()
    answer = exchange(service, post_chunked([batch(event(run_id))]))
    assert (answer.status, answer.json["inserted"]) == (200, 1)
    assert is_stored(service, run_id)


def test_a_body_in_chunks_of_three_bytes_is_stored(service: Service) -> None:
    run_id = new_id()
    body = batch(*[event(run_id, data={"text": "🦅é"}) for _ in range(5)])
    answer = exchange(service, post_chunked(cut(body, 3)))
    assert (answer.status, answer.json["inserted"]) == (200, 5)
    assert service.ok(f"/api/runs/{run_id}")["event_count"] == 5


def test_a_trailer_and_chunk_extensions_disturb_nothing(service: Service) -> None:
    run_id = new_id()
    body = batch(event(run_id))
    chunks = b"%x;name=value\r\n%s\r\n" % (len(body), body)
    end = chunks + b"0\r\nX-Checksum: abc\r\nExpires: never\r\n\r\n"
    with connected(service) as wire:
        assert wire.send(post_chunked([], end)).read().json["inserted"] == 1
        assert wire.send(get(f"/api/runs/{run_id}")).read().status == 200


@pytest.mark.parametrize("size", [1, 17, PIECE])
def test_gzip_in_chunks_is_stored(service: Service, size: int) -> None:
    run_id = new_id()
    body = gzip.compress(batch(*[event(run_id) for _ in range(20)]))
    answer = exchange(service, post_chunked(cut(body, size), Content_Encoding="gzip"))
    assert (answer.status, answer.json["inserted"]) == (200, 20)


def test_a_body_shorter_than_its_length_is_400_and_nothing_is_stored(service: Service) -> None:
    run_id = new_id()
    body = batch(event(run_id))
    with connected(service) as wire:
        answer = wire.send(post(body, Content_Length=len(body) + 10)).half_close().read()
        assert (answer.status, answer.code) == (400, "incomplete_body")
        assert wire.is_closed()
    assert not is_stored(service, run_id)


def test_a_chunked_body_that_ends_early_is_400_and_nothing_is_stored(service: Service) -> None:
    body = batch(event(run_id := new_id()))
    for end in (b"", b"0", b"0\r\n", b"ff\r\nhalf", b"ff"):
        with connected(service) as wire:
            answer = wire.send(post_chunked([body], end)).half_close().read()
            assert (end, answer.status, answer.code) == (end, 400, "incomplete_body")
            assert wire.is_closed()
    assert not is_stored(service, run_id)


def test_a_declared_length_over_the_limit_is_413_before_the_body_is_sent(service: Service) -> None:
    with connected(service) as wire:
        wire.send(head("POST", "/api/events", Content_Type=JSON, Content_Length=LIMIT + 1))
        answer = wire.read()
        assert (answer.status, answer.code, answer.json["limit"]) == (413, "body_too_large", LIMIT)


def test_a_body_of_just_the_limit_is_stored_and_one_byte_more_is_413(service: Service) -> None:
    assert exchange(service, post(padded(LIMIT))).status == 200
    assert exchange(service, post(padded(LIMIT + 1))).status == 413
    assert exchange(service, post_chunked(cut(padded(LIMIT), PIECE))).status == 200
    assert exchange(service, post_chunked(cut(padded(LIMIT + 1), PIECE))).status == 413


def test_a_chunked_body_without_end_is_413_once_it_is_over_the_limit(service: Service) -> None:
    with connected(service) as wire:
        wire.send(head("POST", "/api/events", Content_Type=JSON, Transfer_Encoding="chunked"))
        for _ in range(LIMIT // PIECE + 1):
            wire.send(chunk(b"x" * PIECE))
        answer = wire.read()
        assert (answer.status, answer.code) == (413, "body_too_large")


def test_gzip_that_unpacks_over_the_limit_is_413_also_in_chunks(service: Service) -> None:
    body = gzip.compress(padded(LIMIT + 1))
    assert len(body) < LIMIT // 100
    answer = exchange(service, post_chunked(cut(body, PIECE), Content_Encoding="gzip"))
    assert (answer.status, answer.code) == (413, "body_too_large")


def test_a_client_that_asks_first_is_told_to_go_on(service: Service) -> None:
    body = batch(event(run_id := new_id()))
    request = post(body, Expect="100-continue")
    with connected(service) as wire:
        wire.send(request.removesuffix(body))
        assert wire.read().status == 100
        assert wire.send(body).read().status == 200
    assert is_stored(service, run_id)
