"""How much of the room for messages of log records each client holds.

A worker counts the messages that are kept at most once in FRESH_SECONDS, since the table is read
for it, and adds what it keeps meanwhile. So a client without room is refused without the database.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable

from service.core.client_share import share_of
from service.db.queries import Connection, queries
from service.ingest.otlp.log_messages import SpanMessage

MAX_MESSAGES, MAX_BYTES = 100_000, 256 * 1024 * 1024  # that are kept of all clients
FRESH_SECONDS = 2.0  # room comes back as often: see MessageAttacher
PARTS = 16  # of the room: other workers may give more away where one has given such a part
TOO_MANY = (
    "Too many of your log messages wait for their spans: of {messages} messages and {bytes} bytes "
    "that you may have here now. Send the spans, or retry later; they wait for an hour."
)


class NoRoom(Exception):
    """The client has its share of the messages that wait; the text says what it may have."""


class Held:
    """The messages and bytes that clients held when they were counted, and have got since."""

    def __init__(self, counted_at: float) -> None:
        self.counted_at = counted_at
        self._messages: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._counted = 0, 0

    @classmethod
    def count(cls, conn: Connection, now: float) -> "Held":
        """Count what is kept: a scan of the table."""
        held = cls(now)
        for row in queries.messages.waiting(conn):
            held.add(row["client"], row["messages"], int(row["bytes"]))
        held._counted = held._messages.total(), held._bytes.total()
        return held

    def add(self, client: str, messages: int, size: int) -> None:
        """Count messages of a client."""
        self._messages[client] += messages
        self._bytes[client] += size

    def gave_much(self) -> bool:
        """Whether a large part of the room was given away since the count."""
        messages, size = self._counted
        return (
            self._messages.total() - messages > MAX_MESSAGES // PARTS
            or self._bytes.total() - size > MAX_BYTES // PARTS
        )

    def check(self, client: str, messages: int, size: int) -> None:
        """Raise NoRoom where the client would hold more than half of what the others leave.

        So there is always room for the next client.
        """
        most_messages = room_left(MAX_MESSAGES, self._messages, client)
        most_bytes = room_left(MAX_BYTES, self._bytes, client)
        if (
            self._messages[client] + messages > most_messages
            or self._bytes[client] + size > most_bytes
        ):
            raise NoRoom(TOO_MANY.format(messages=most_messages, bytes=most_bytes))


class MessageRoom:
    """What the clients hold, as one worker knows it. Safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: Held | None = None

    def check(self, messages: list[SpanMessage], client: str) -> None:
        """Raise NoRoom where the last count leaves none for these messages; reads nothing."""
        with self._lock:
            held = self._fresh()
            if held is not None:
                held.check(client, *sizes(messages))

    def take(self, conn: Connection, messages: list[SpanMessage], client: str) -> None:
        """Count messages that are about to be kept. Raises NoRoom where there is none for them."""
        with self._lock:
            held = self._fresh()
        if held is None or held.gave_much():
            held = Held.count(conn, self._clock())
        with self._lock:
            self._held = held
            held.check(client, *sizes(messages))
            held.add(client, *sizes(messages))

    def _fresh(self) -> Held | None:
        held = self._held
        if held is not None and self._clock() - held.counted_at < FRESH_SECONDS:
            return held
        return None


def sizes(messages: list[SpanMessage]) -> tuple[int, int]:
    """How many messages these are, and the bytes of their content."""
    return len(messages), sum(len(message.content) for message in messages)


def room_left(most: int, held: Counter[str], client: str) -> int:
    """What a client may hold in all: half of what the others leave."""
    return share_of(max(0, most - held.total() + held[client]))
