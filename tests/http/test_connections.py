"""Many requests on one connection: each gets its own answer, whatever became of the one before."""

import pytest

from tests.events import event, new_id
from tests.http.conftest import LIMIT
from tests.http.wire import JSON, Wire, batch, connected, get, head, post, post_chunked
from tests.service import Service

FORGED = post(batch(event("00000000-0000-4000-8000-000000000bad", agent_name="smuggled")))


def test_pipelined_requests_are_answered_in_order(service: Service) -> None:
    runs = [new_id() for _ in range(5)]
    requests = [post(batch(event(run_id))) + get(f"/api/runs/{run_id}") for run_id in runs]
    with connected(service) as wire:
        wire.send(b"".join(requests))
        for run_id in runs:
            assert wire.read().json["inserted"] == 1
            assert wire.read().json["run_id"] == run_id


def test_pipelined_chunked_requests_are_answered_in_order(service: Service) -> None:
    bodies = [batch(*[event(new_id()) for _ in range(n)]) for n in (1, 2, 3)]
    with connected(service) as wire:
        wire.send(b"".join(post_chunked([body[:10], body[10:]]) for body in bodies))
        assert [wire.read().json["inserted"] for _ in bodies] == [1, 2, 3]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (get("/api/nothing"), 404),
        (get("/api/agents?limit=x"), 400),
        (head("PUT", "/api/agents"), 405),
        (post(b"{"), 400),
        (post(b"{}", Content_Type="text/plain"), 415),
        (post(b"not gzip", Content_Encoding="gzip"), 400),
        (post(batch({"run_id": "x"})), 422),
        (post_chunked([b"[", b"]"]), 400),
    ],
)
def test_an_error_does_not_end_the_connection(
    service: Service, request_bytes: bytes, status: int
) -> None:
    with connected(service) as wire:
        for _ in range(3):
            answer = wire.send(request_bytes).read()
            assert answer.status == status
            assert {"code", "request_id"} <= set(answer.json) or status == 422
        assert wire.send(post(batch(event(new_id())))).read().json["inserted"] == 1


@pytest.mark.parametrize(
    "before",
    [
        post(FORGED, Content_Type="text/plain"),
        post(FORGED, target="/api/nothing"),
        head("PUT", "/api/agents", Content_Type=JSON, Content_Length=len(FORGED)) + FORGED,
        get("/health", Content_Length=len(FORGED)) + FORGED,
        post_chunked([FORGED], Content_Encoding="br"),
    ],
)
def test_a_body_that_was_not_read_is_never_taken_for_a_request(
    service: Service, before: bytes
) -> None:
    with connected(service) as wire:
        wire.send(before + get("/api/agents/smuggled"))
        wire.read()
        assert no_more_but_404(wire)
    assert service.get("/api/agents/smuggled").status_code == 404


def test_a_body_over_the_limit_is_never_taken_for_a_request(service: Service) -> None:
    with connected(service) as wire:
        wire.send(head("POST", "/api/events", Content_Type=JSON, Content_Length=LIMIT + 1))
        wire.send(FORGED)
        assert wire.read().status == 413
        wire.half_close()
        assert wire.is_closed()
    assert service.get("/api/agents/smuggled").status_code == 404


def test_an_http_1_0_client_is_answered_and_the_connection_closed(service: Service) -> None:
    with connected(service) as wire:
        answer = wire.send(b"GET /health HTTP/1.0\r\n\r\n").read()
        assert (answer.status, answer.json["status"]) == (200, "healthy")
        assert wire.is_closed()
    body = batch(event(new_id()))
    with connected(service) as wire:
        start = f"POST /api/events HTTP/1.0\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}"
        assert wire.send(start.encode() + b"\r\n\r\n" + body).read().json["inserted"] == 1


def test_head_has_no_body_and_the_next_answer_is_in_step(service: Service) -> None:
    with connected(service) as wire:
        wire.send(head("HEAD", "/health") + get("/health"))
        assert wire.read(to_head=True).status == 200
        assert wire.read().json["status"] == "healthy"


def test_options_answers_with_the_methods(service: Service) -> None:
    with connected(service) as wire:
        answer = wire.send(head("OPTIONS", "/api/agents/a%2Fb")).read()
        assert answer.status == 200
        assert {"GET", "PATCH", "DELETE"} <= set(answer.headers["allow"].split(", "))
        assert wire.send(get("/health")).read().status == 200


def no_more_but_404(wire: Wire) -> bool:
    """Whether the connection was closed, or the next answer is to what really was sent next."""
    wire.half_close()
    try:
        return wire.read().status == 404 and wire.is_closed()
    except (AssertionError, ConnectionResetError):
        return wire.is_closed()
