"""The log and the answers of a service that goes wrong in many ways: JSON, and nothing secret."""

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests

from service.auth.key_admin import create
from service.auth.scopes import Scope
from service.db.queries import Connection
from service.telemetry.logging import REMOVED, JsonFormatter
from tests import leaks
from tests.events import Event, event, new_id
from tests.http.wire import connected
from tests.leaks import look_through_answer, look_through_log
from tests.processes import harness
from tests.processes.workers import WORKER_CLASSES
from tests.service import Service

pytestmark = pytest.mark.any_postgres

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{SPAN}-01"

Lines = list[dict[str, Any]]


def lines_of(output: str) -> Lines:
    """The lines of the log among what a service printed."""
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def about(output: str, request_id: str) -> Lines:
    """The lines about one request."""
    return [line for line in lines_of(output) if line.get("request_id") == request_id]


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    """A service with a key, whose end may be as bad as it likes."""
    service = Service(database_url, tmp_path / "output", harness.REPOSITORY)
    service.wait_until_healthy()
    yield service
    service.stop()


def secret_event(**fields: Any) -> Event:
    """An event that says the canary wherever it may."""
    data = {"input": leaks.EVENT, "model": leaks.EVENT, "error": leaks.EVENT}
    return event(new_id(), data=data, metadata={"note": leaks.EVENT}, **fields)


def send(service: Service, *events: Event, key: str, **headers: str) -> requests.Response:
    """POST events with a key."""
    body = orjson.dumps({"events": events})
    return service.post(body, Authorization=f"Bearer {key}", **headers)


def test_a_request_s_line_has_what_leads_to_it(service: Service, database_url: str) -> None:
    key = create(database_url, "reader", Scope.READ, days=None)
    harness.until(lambda: service.get("/api/agents").status_code == 401, "all are let in")
    refused = send(service, event(new_id()), key=key, **{"X-Request-Id": "mine"})
    assert refused.status_code == 403
    [line] = about(service.output, "mine")
    assert line["time"].endswith("+00:00")
    assert line.pop("ms") < 30_000
    del line["time"], line["process"]
    assert line == {
        "level": "warning",
        "logger": "service.api.middleware.request_log",
        "message": "request",
        "request_id": "mine",
        "method": "POST",
        "path": "/api/events",
        "status": 403,
        "key": key.split("_")[2],
        "address": "127.0.0.1",
    }


@pytest.mark.parametrize(("debug", "lines"), [("true", 1), ("false", 0)])
def test_what_goes_well_is_logged_where_all_is(
    database_url: str, tmp_path: Path, debug: str, lines: int
) -> None:
    service = Service(database_url, tmp_path / "output", harness.REPOSITORY, DEBUG=debug)
    service.wait_until_healthy()
    url = f"{service.url}/api/agents?limit=7&q={leaks.EVENT}"
    requests.get(url, headers={"X-Request-Id": "mine", "traceparent": TRACEPARENT}, timeout=30)
    service.stop()
    found = about(service.output, "mine")
    assert [
        (line["level"], line["path"], line["key"], line["trace_id"], line["span_id"])
        for line in found
    ] == [("info", "/api/agents", "anonymous", TRACE, SPAN)] * lines
    look_through_log(service.output)


@pytest.mark.slow
def test_a_trusted_proxy_says_whose_address_it_is(database_url: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"DEBUG": "true", "TRUSTED_PROXIES": "127.0.0.1"}
    settings["INSECURE_PUBLIC"] = "true"
    service = Service(database_url, tmp_path / "output", harness.REPOSITORY, **settings)
    service.wait_until_healthy()
    said = {"X-Request-Id": "mine", "X-Forwarded-For": "198.51.100.7"}
    requests.get(f"{service.url}/api/agents", headers=said, timeout=30)
    service.stop()
    assert [line["address"] for line in about(service.output, "mine")] == ["198.51.100.7"]


def test_whatever_goes_wrong_no_canary_is_told(
    service: Service, conn: Connection, database_url: str
) -> None:
    key = create(database_url, "all", Scope.ADMIN, days=None)
    harness.until(lambda: service.get("/api/agents").status_code == 401, "all are let in")
    good = {"Authorization": f"Bearer {key}"}
    assert send(service, secret_event(), key=key).status_code == 200
    for path in (f"/api/runs/{key}", f"/api/agents/{key}?limit={leaks.EVENT}", f"/{key}"):
        assert requests.get(service.url + path, headers=good, timeout=30).status_code in (400, 404)
    assert send(service, secret_event(), key=key[:-2] + "xx").status_code == 401
    assert service.post(f'{{"events": [{leaks.EVENT}'.encode(), **good).status_code == 400
    broken = secret_event(timestamp=leaks.EVENT, parent_event_id=leaks.EVENT)
    assert send(service, broken, key=key).json()["failed"] == 1

    # PostgreSQL tells the row in DETAIL, and in CONTEXT what COPY read.
    conn.execute("ALTER TABLE events ADD CONSTRAINT never CHECK (event_type = '') NOT VALID")
    headers = {"X-Request-Id": "broken", "traceparent": TRACEPARENT}
    answer = send(service, secret_event(), key=key, **headers)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    conn.execute("ALTER TABLE events DROP CONSTRAINT never")
    assert send(service, secret_event(), key=key).status_code == 200

    conn.execute("ALTER TABLE runs RENAME TO walks")
    assert requests.get(f"{service.url}/api/agents", headers=good, timeout=30).status_code == 500
    assert send(service, secret_event(), key=key).status_code == 500

    service.stop()
    look_through_log(service.output)
    told, line = about(service.output, "broken")
    assert (told["sqlstate"], told["exception"]) == ("23514", "CheckViolation")
    assert any("transaction.py" in place for place in told["places"])
    assert (line["status"], line["key"]) == (500, key.split("_")[2])
    assert told["trace_id"] == line["trace_id"] == TRACE
    assert leaks.PASSWORD in database_url


@pytest.mark.parametrize("worker_class", WORKER_CLASSES)
def test_what_gunicorn_itself_refuses_is_not_quoted(
    database_url: str, tmp_path: Path, worker_class: str
) -> None:
    """The rest of a body that is longer than its Content-Length is read as the next request."""
    output = tmp_path / "output"
    service = Service(database_url, output, harness.REPOSITORY, WORKER_CLASS=worker_class)
    service.wait_until_healthy()
    post = b"POST /api/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    for rest in (leaks.EVENT, f"{leaks.EVENT} / HTTP/1.1", f"GET /?q={leaks.EVENT} HTTP/9.9"):
        with connected(service) as wire:
            wire.send(post + f"Content-Length: 2\r\n\r\n{{}}{rest}\r\n\r\n".encode())
            assert wire.read().status == 400
            assert 400 <= wire.read().status < 600
    service.stop()
    look_through_log(service.output)
    assert service.output.count("Invalid request from ip=127.0.0.1: ") == 3


@pytest.mark.parametrize(
    "secret",
    [
        "gati_read_abcdefgh_0123456789",
        "pass word/with@signs",
        "pass%20word%2Fwith%40signs",
        "from-the-environment",
        "from=a&parameter",
    ],
)
def test_what_is_secret_is_taken_out_wherever_it_stands(
    monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    url = "postgresql://me:pass%20word%2Fwith%40signs@127.0.0.1/x?password=from%3Da%26parameter"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("PGPASSWORD", "from-the-environment")
    record = logging.makeLogRecord({"msg": f"at {secret}!", "path": f"/{secret}"})
    line = json.loads(JsonFormatter().format(record))
    assert (line["message"], line["path"]) == (f"at {REMOVED}!", f"/{REMOVED}")


def test_an_exception_is_told_without_its_text() -> None:
    try:
        try:
            raise ValueError(leaks.EVENT)
        except ValueError as error:
            raise RuntimeError(leaks.EVENT) from error
    except RuntimeError:
        record = logging.makeLogRecord({"msg": "unexpected", "exc_info": sys.exc_info()})
    line = JsonFormatter().format(record)
    look_through_log(line)
    told = json.loads(line)
    assert (told["exception"], told["cause"]["exception"]) == ("RuntimeError", "ValueError")
    assert "reason" not in told
    assert told["places"][0].endswith("test_an_exception_is_told_without_its_text")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "gati_admin_abcdefgh_x"),
        (200, leaks.PASSWORD),
        (500, leaks.EVENT),
        (500, "Traceback (most recent call last)"),
        (400, "syntax error at SELECT"),
    ],
)
def test_the_watch_sees_a_leak(status: int, body: str) -> None:
    with pytest.raises(AssertionError):
        look_through_answer(status, "", body)
