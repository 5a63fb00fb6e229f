"""Lines that anyone can cause are limited, and the others are counted in the log."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from service.telemetry.log_limit import COUNTED_ADDRESSES, LINES, LINES_OF_ADDRESS, LogLimit
from tests.http.wire import exchange, get
from tests.service import Service, serving


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_address_has_its_lines_and_the_others_theirs(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    limit = LogLimit(clock)
    assert sum(limit.allows("here") for _ in range(LINES_OF_ADDRESS + 30)) == LINES_OF_ADDRESS
    assert limit.allows("there")
    limit.report()
    assert not caplog.records
    clock.now += 60
    with caplog.at_level(logging.WARNING):
        limit.report()
        limit.report()
    assert [(one.left_out, one.addresses) for one in caplog.records] == [(30, {"here": 30})]  # type: ignore[attr-defined]
    assert limit.allows("here")


def test_all_together_have_a_limit_and_none_is_left_out_in_silence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    limit = LogLimit(Clock())
    sent = LINES + 2 * COUNTED_ADDRESSES
    assert sum(limit.allows(f"address {number}") for number in range(sent)) == LINES
    with caplog.at_level(logging.WARNING):
        limit.flush()
    [record] = caplog.records
    assert record.left_out == sent - LINES  # type: ignore[attr-defined]
    assert next(iter(record.addresses)) == "others"  # type: ignore[attr-defined]


SENT = LINES_OF_ADDRESS + 10


def lines_of(service: Service) -> list[dict[str, Any]]:
    """What the service logged."""
    return [json.loads(line) for line in service.output.splitlines() if line.startswith("{")]


def test_refused_requests_are_cut_counted_and_said(
    service_database_url: str, tmp_path: Path
) -> None:
    with serving(service_database_url, tmp_path, WORKERS=1) as service:
        evil = get("/api/agents/" + "x" * 4000).replace(b"127.0.0.1", b"evil.example")
        for _ in range(SENT):
            assert exchange(service, evil).status == 403
    logged = lines_of(service)
    paths = [line["path"] for line in logged if line["message"] == "request"]
    assert paths == ["/api/agents/" + "x" * 188 + "…"] * LINES_OF_ADDRESS
    assert [line["left_out"] for line in logged if "left_out" in line] == [SENT - LINES_OF_ADDRESS]


def test_invalid_requests_are_counted_and_said(service_database_url: str, tmp_path: Path) -> None:
    with serving(service_database_url, tmp_path, WORKERS=1) as service:
        for _ in range(SENT):
            assert exchange(service, b"nonsense\r\n\r\n").status == 400
    logged = lines_of(service)
    invalid = [line for line in logged if line["message"].startswith("Invalid request")]
    assert len(invalid) == LINES_OF_ADDRESS
    assert [line["left_out"] for line in logged if "left_out" in line] == [SENT - LINES_OF_ADDRESS]
