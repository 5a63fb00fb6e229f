"""Writes down what the SDK really sends, and what it is answered, without standing in its way."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import requests

RECORD_VARIABLE = "RECORD"


def record() -> None:
    """From here on each request is a line of JSON in the file that RECORD names."""
    path = Path(os.environ[RECORD_VARIABLE])
    lock = threading.Lock()
    send = requests.Session.send

    def recording_send(
        session: requests.Session, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        response = send(session, request, **options)
        line = json.dumps(
            {
                "url": request.url,
                "headers": dict(request.headers),
                "events": json.loads(body_of(request))["events"],
                "status": response.status_code,
                "answer": response.json(),
            }
        )
        with lock, path.open("a") as file:
            file.write(line + "\n")
        return response

    requests.Session.send = recording_send  # type: ignore[assignment,method-assign]


def body_of(request: requests.PreparedRequest) -> bytes:
    """The body as it goes over the wire."""
    assert isinstance(request.body, bytes)
    return request.body
