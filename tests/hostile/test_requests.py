"""Rows 60 and 70: numbers with many digits, and requests that are not quite HTTP/1.1."""

import pytest

from service.config import Config, ConfigError
from tests.events import event, new_id
from tests.http.wire import batch, exchange, get, head
from tests.leaks import TRACEBACK
from tests.service import Service

ZEROS = "0" * 19 + "1" + "0" * 5000
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


@pytest.mark.parametrize("path", ["/api/events/stream?last_event_id=", "/api/events?limit="])
def test_a_number_of_thousands_of_digits_is_no_500(service: Service, path: str) -> None:
    printed = len(service.output)
    assert service.get(path + ZEROS).status_code in (200, 400)
    assert not TRACEBACK.search(service.output[printed:])


def test_zeros_before_a_number_count_for_nothing(service: Service) -> None:
    run_id = new_id()
    sent = [event(run_id, seconds=number) for number in range(60)]
    assert service.post(batch(*sent)).status_code == 200
    limit = "0" * 48 + "50"
    assert len(service.ok(f"/api/events?run_id={run_id}&limit={limit}")["events"]) == 50


def test_zeros_before_a_setting_hide_none_of_its_digits() -> None:
    with pytest.raises(ConfigError, match="PORT"):
        Config.from_environment({"PORT": "00000000809999"})
    assert Config.from_environment({"PORT": "0" * 20 + "8001"}).port == 8001


def test_a_transfer_encoding_that_is_more_than_chunked_is_501(service: Service) -> None:
    request = head("POST", "/api/events", Transfer_Encoding="gzip, chunked") + b"0\r\n\r\n"
    assert exchange(service, request).status == 501


def test_a_version_of_http_that_does_not_exist_is_505(service: Service) -> None:
    assert exchange(service, get("/livez").replace(b"HTTP/1.1", b"HTTP/1.2")).status == 505


def test_grpc_is_answered_by_what_to_use_in_its_place(service: Service) -> None:
    answer = exchange(service, PREFACE)
    assert answer.status in (400, 505)
    assert b"http/protobuf" in answer.body
