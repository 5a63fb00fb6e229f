"""Exports of a real service that is large enough to fill every buffer on the way."""

import http.client
import json
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import requests

from tests.events import event, new_id
from tests.http.wire import batch
from tests.service import ANSWER_SECONDS, Service

PATH = "/api/export/events.ndjson"
EVENTS = 100
BYTES_EACH = 200_000  # together more than the sockets on both sides take in, and many pages
FIRST_BYTES = 1_000


def fill(service: Service, **headers: str) -> None:
    """Store the events, where they are not stored yet: random text, which is not made smaller."""
    if requests.get(f"{service.url}/api/agents", headers=headers, timeout=ANSWER_SECONDS).json():
        return
    for _ in range(EVENTS // 10):
        run = new_id()
        sent = [
            event(run, seconds=n, data={"text": secrets.token_hex(BYTES_EACH // 2)})
            for n in range(10)
        ]
        assert service.post(batch(*sent), **headers).status_code == 200


@contextmanager
def begun(port: int, path: str = PATH, **headers: str) -> Iterator[http.client.HTTPResponse]:
    """An export of which only the beginning was read."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, ANSWER_SECONDS)) as conn:
        conn.request("GET", path, headers=headers)
        answer = conn.getresponse()
        assert answer.status == 200
        assert answer.getheader("Transfer-Encoding") == "chunked"
        yield answer


def rest_of(answer: http.client.HTTPResponse) -> tuple[bytes, bool]:
    """What else comes, and whether it was the whole."""
    try:
        return answer.read(), True
    except http.client.IncompleteRead as cut:
        return cut.partial, False
    except ConnectionError:
        return b"", False


def told(service: Service) -> Any:
    """What the log says of the last export that was given up."""
    lines = [line for line in service.output.splitlines(keepends=True) if line.endswith("}\n")]
    found = [line for line in lines if '"message": "export aborted: ' in line]
    return json.loads(found[-1]) if found else {"message": ""}
