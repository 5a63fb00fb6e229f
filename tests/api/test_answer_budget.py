"""Answers that nobody reads: a client that holds many gets no more of them, and others do."""

from collections.abc import Iterable
from typing import Any

import pytest
from falcon import testing

from service.api import answer_budget
from tests.client import Client
from tests.events import event, new_id

pytestmark = pytest.mark.any_postgres

PATH = "/api/agents"
OTHER = "127.0.0.2"


def unread(client: Client) -> Any:
    """An answer of the application that the server has not sent yet."""
    environ = testing.create_environ(PATH, remote_addr="127.0.0.1")
    answer: Iterable[bytes] = client.app(environ, testing.StartResponseMock())
    return answer


def statuses(client: Client) -> list[int]:
    """Of a read of the client, of one of another client, and of a probe without the database."""
    return [
        client.simulate_get(PATH, remote_addr="127.0.0.1").status_code,
        client.simulate_get(PATH, remote_addr=OTHER).status_code,
        client.simulate_get("/livez", remote_addr="127.0.0.1").status_code,
    ]


def test_who_does_not_read_answers_gets_no_more_and_others_do(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.send(event(new_id()))
    size = len(b"".join(unread(client)))
    monkeypatch.setattr(answer_budget, "COUNTED_FROM", size)
    monkeypatch.setattr(answer_budget, "MOST_BYTES", 4 * size)
    held = [unread(client)]
    assert statuses(client) == [200, 200, 200]
    held.append(unread(client))
    assert statuses(client) == [503, 200, 200]
    with monkeypatch.context() as small:
        small.setattr(answer_budget, "COUNTED_FROM", size + 1)
        assert statuses(client) == [200, 200, 200]
    assert b"".join(held[0])
    for answer in held:
        answer.close()
        answer.close()
    assert statuses(client) == [200, 200, 200]


def test_all_clients_together_have_a_bound(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.send(event(new_id()))
    size = len(b"".join(unread(client)))
    monkeypatch.setattr(answer_budget, "COUNTED_FROM", size)
    monkeypatch.setattr(answer_budget, "MOST_BYTES", size)
    held = unread(client)
    assert statuses(client) == [503, 503, 200]
    held.close()


def test_small_answers_are_not_counted(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.send(event(new_id()))
    monkeypatch.setattr(answer_budget, "MOST_BYTES", 1)
    assert isinstance(unread(client), list)
    assert statuses(client) == [200, 200, 200]
