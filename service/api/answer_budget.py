"""AnswerBudget: the bytes of answers that a worker holds for clients which have not read them yet.

A client that reads slowly keeps its answer in memory, of up to 64 MB, for hours. So a large one
becomes 503 while the client has its half of the budget, or all have the whole. Small ones pass.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import falcon

from service.api.load_shedding import Environ, StartResponse, refuse
from service.core.client_share import share_of

MOST_BYTES = 256 * 1024 * 1024
COUNTED_FROM = 1024 * 1024  # bytes: smaller answers go out at once, or wait in the system's buffers
CLIENT = "gati.client"  # of a read, in the WSGI environment

log = logging.getLogger(__name__)


class AnswerBudget:
    """The bytes of large answers that are being sent, by client. Thread-safe."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()

    def hold(self, client: str, size: int) -> bool:
        """Count an answer, unless the client, or all together, have not read enough of others."""
        with self._lock:
            if self._held[client] >= share_of(MOST_BYTES) or self._held.total() >= MOST_BYTES:
                return False
            self._held[client] += size
            return True

    def release(self, client: str, size: int) -> None:
        """Count an answer no longer."""
        with self._lock:
            self._held[client] -= size
            if not self._held[client]:
                del self._held[client]


class HeldAnswer:
    """An answer that counts until the server closes it: when it is sent, or its client left."""

    def __init__(self, parts: list[bytes], release: Callable[[], None]) -> None:
        self._parts = parts
        self._release = release
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def close(self) -> None:
        """Count it no longer, once."""
        if not self._is_closed:
            self._is_closed = True
            self._release()


class HoldingApp(falcon.App):  # type: ignore[type-arg]
    """Falcon, which counts the large answers to reads until they are sent."""

    def __init__(self, answers: AnswerBudget, middleware: list[Any]) -> None:
        super().__init__(middleware=middleware)
        self._answers = answers

    def __call__(self, env: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Handle a request."""
        head: list[Any] = []
        keep: Any = lambda *said: head.extend(said)  # noqa: E731
        body = super().__call__(env, keep)
        client = env.get(CLIENT)
        if (
            client is None
            or not isinstance(body, list)
            or (size := sum(map(len, body))) < COUNTED_FROM
        ):
            start_response(*head)
            return body
        if not self._answers.hold(client, size):
            log.warning("an answer became 503: what was sent before is unread")
            return refuse(env, start_response)
        start_response(*head)
        return HeldAnswer(body, lambda: self._answers.release(client, size))
