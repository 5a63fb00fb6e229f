"""What must never stand in a log or an answer, looked for in all of those of the suite.

The canaries: the password in every DATABASE_URL of the tests, a text in the `data` of events, and
whatever looks like a key. Answers to what went wrong must not tell of the inside either.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pytest
import requests

from service.api.response_headers import APP_POLICY, PAGE_POLICY, SECURITY
from service.resources.ui.files import TYPES
from service.resources.ui.resource import IMMUTABLE
from service.telemetry.logging import KEY

# An exception that is told: by Python itself, or by service/telemetry/logging.py.
TRACEBACK = re.compile(r'Traceback|"exception":')
PASSWORD = "canary-dsn-password"  # noqa: S105 -- PostgreSQL trusts the tests' connections
EVENT = "canary-event-data"
KEPT = tuple(TYPES.values())
INSIDE = re.compile(r"Traceback|psycopg|gunicorn/|site-packages|SQLSTATE|\bSELECT\b|\.py\b|\.sql\b")


def look_through_log(text: str) -> None:
    """Fail where a log holds a canary."""
    for secret in (PASSWORD, EVENT):
        assert secret not in text, f"{secret} is logged: {text}"
    assert not KEY.search(text), f"a key is logged: {text}"


def look_through_command(arguments: Sequence[str], stdout: str, stderr: str) -> None:
    """Fail where a command prints a canary: a key is shown by the one that makes it alone.

    What psql prints is what somebody asked it.
    """
    is_psql = "psql" in arguments
    makes_key = tuple(arguments[:2]) == ("keys", "create")
    look_through_log(stderr)
    assert PASSWORD not in stdout, stdout
    assert is_psql or EVENT not in stdout, stdout
    assert makes_key or not KEY.search(stdout), stdout


def look_through_headers(headers: Mapping[str, str]) -> None:
    """Fail where an answer lacks what every answer has, or says which version of what answers."""
    said = {name.lower(): value for name, value in headers.items()}
    expected = dict(SECURITY)
    if said.get("content-type", "").startswith("text/html"):
        is_app = said.get("content-security-policy") == APP_POLICY
        expected["Content-Security-Policy"] = APP_POLICY if is_app else PAGE_POLICY
    if said.get("cache-control") == IMMUTABLE:  # what is kept holds no data
        assert said.get("content-type", KEPT[0]) in KEPT, said
        del expected["Cache-Control"]
    for name, value in expected.items():
        assert said.get(name.lower()) == value, (name, said)
    assert not re.search(r"\d", said.get("server", "")), said


def look_through_answer(status: int, headers: str, body: str) -> None:
    """Fail where an answer holds a canary, or an error tells of the inside."""
    for text in (headers, body):
        assert PASSWORD not in text, text
        assert not KEY.search(text), text
    if status >= 400:
        assert EVENT not in body, body
        assert not INSIDE.search(headers + body), headers + body


@contextmanager
def watching() -> Iterator[None]:
    """Look through every answer that `requests` gets, for a block."""
    send = requests.Session.send

    def watched(
        self: requests.Session, request: requests.PreparedRequest, **options: object
    ) -> requests.Response:
        answer = send(self, request, **options)
        if not options.get("stream"):
            look_through_answer(answer.status_code, str(answer.headers), answer.text)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "send", watched)
        yield
