"""A client of the live tail, as a browser's EventSource is one: it takes whole messages only."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.processes.harness import until
from tests.service import ANSWER_SECONDS


@dataclass
class Message:
    """One message: its fields as they came; the `data` parsed."""

    fields: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Any:
        """The event, or None for a message that only says where it is."""
        return json.loads(self.fields["data"]) if "data" in self.fields else None


class Reading:
    """An open stream."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.answer = answer
        self.last_id = ""

    def messages(self) -> Iterator[Message]:
        """Whole messages, until the service ends the stream; raises when it is cut off."""
        message = Message()
        while line := self.answer.readline():
            text = line.decode().removesuffix("\n")
            if text:
                name, _, value = text.partition(": ")
                message.fields[name] = value
                continue
            self.last_id = message.fields.get("id", self.last_id)
            yield message
            message = Message()
        assert not message.fields, "ended within a message"

    def events(self) -> Iterator[Any]:
        """Events, until the service ends the stream."""
        return (message.data for message in self.messages() if message.data)

    def take(self, count: int) -> list[Any]:
        """The next so many events."""
        events = self.events()
        return [next(events) for _ in range(count)]


@contextmanager
def reading(
    port: int, last_id: str | None = None, path: str = "/api/events/stream", **params: str
) -> Iterator[Reading]:
    """A stream that has begun: what is stored from now on comes."""
    headers = {} if last_id is None else {"Last-Event-ID": last_id}
    query = f"?{urlencode(params)}" if params else ""

    def ask() -> http.client.HTTPResponse | None:
        conn.close()
        conn.request("GET", path + query, headers=headers)
        answer = conn.getresponse()
        return None if answer.status in (429, 503) else answer

    with closing(http.client.HTTPConnection("127.0.0.1", port, ANSWER_SECONDS)) as conn:
        answer = until(ask, "who has left holds a place")
        assert answer.status == 200, answer.read()
        assert answer.getheader("Content-Type") == "text/event-stream"
        with closing(answer):
            found = Reading(answer)
            first = next(found.messages())
            assert first.fields["retry"] == "1000"
            yield found
