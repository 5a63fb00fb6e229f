"""Heads at their limits, to the byte: what fits is answered, one more is refused in one shape."""

from collections.abc import Iterator

import pytest

from tests.http.wire import Answer, exchange, get
from tests.processes.workers import WORKER_CLASSES
from tests.service import Service, serving

KB = 1024
REQUEST_LINE_BYTES = 8190
MAX_HEADERS = 100
MAX_HEADER_BYTES = 8 * KB


@pytest.fixture(scope="module", params=WORKER_CLASSES)
def service(
    request: pytest.FixtureRequest,
    service_database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """A service of one worker, with each class that may stand alone on a port."""
    with serving(
        service_database_url,
        tmp_path_factory.mktemp("service"),
        WORKER_CLASS=request.param,
        WORKERS=1,
    ) as running:
        yield running


def with_headers(count: int) -> bytes:
    """A request with so many headers, its Host being one."""
    return get("/livez", **{f"X-{number}": number for number in range(count - 1)})


def with_header_of(size: int) -> bytes:
    """A request with a header of so many bytes, the end of its line included."""
    return get("/livez", X="y" * (size - len("X: \r\n")))


def with_line_of(size: int) -> bytes:
    """A request whose first line has so many bytes, without its end."""
    return get("/livez?x=" + "y" * (size - len("GET /livez?x= HTTP/1.1")))


def assert_refused(answer: Answer, status: int, code: str) -> None:
    """Assert that it is an error in the one shape."""
    assert (answer.status, answer.code) == (status, code)
    assert {"title", "description", "code", "request_id", "detail"} <= set(answer.json)


def test_as_many_headers_as_may_be_and_one_more(service: Service) -> None:
    assert exchange(service, with_headers(MAX_HEADERS)).status == 200
    refused = exchange(service, with_headers(MAX_HEADERS + 1))
    assert_refused(refused, 431, "headers_too_large")


def test_the_largest_header_and_one_byte_more(service: Service) -> None:
    assert exchange(service, with_header_of(MAX_HEADER_BYTES)).status == 200
    refused = exchange(service, with_header_of(MAX_HEADER_BYTES + 1))
    assert_refused(refused, 431, "headers_too_large")


def test_the_longest_address_and_one_byte_more(service: Service) -> None:
    assert exchange(service, with_line_of(REQUEST_LINE_BYTES)).status == 200
    answer = exchange(service, with_line_of(REQUEST_LINE_BYTES + 1))
    assert_refused(answer, 414, "uri_too_long")


@pytest.mark.parametrize(("length", "is_kept"), [(1, True), (64, True), (65, False)])
def test_the_longest_request_id_and_one_character_more(
    service: Service, length: int, is_kept: bool
) -> None:
    sent = "x" * length
    answer = exchange(service, get("/livez", X_Request_Id=sent))
    assert (answer.headers["x-request-id"] == sent) == is_kept


def test_a_head_of_64_kb_and_one_of_80(service: Service) -> None:
    value = "y" * (MAX_HEADER_BYTES - len("X00: \r\n"))
    many = {f"X{number:02}": value for number in range(10)}
    assert exchange(service, get("/livez", **dict(list(many.items())[:7]))).status == 200
    assert_refused(exchange(service, get("/livez", **many)), 431, "headers_too_large")
