"""Clients that send over connections they keep, and count what goes wrong."""

import http.client
import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.events import event, new_id

EVENTS = 10
LONGEST_PAUSE_SECONDS = 0.05  # a connection must now and then wait when its worker is to stop


class Sender:
    """One client, without a second try: whatever is not 200 is a failure."""

    def __init__(self, port: int, stopped: threading.Event) -> None:
        self.failures: list[str] = []
        self.acknowledged = 0
        self._stopped = stopped
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._thread = threading.Thread(target=self._send_on)
        self._thread.start()

    def join(self) -> None:
        """Wait for its last answer."""
        self._thread.join()
        self._connection.close()

    def _send_on(self) -> None:
        while not self._stopped.wait(random.uniform(0, LONGEST_PAUSE_SECONDS)):
            try:
                self._note(self._send())
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                self._connection.close()

    def _send(self) -> tuple[int, Any]:
        run_id = new_id()
        body = json.dumps({"events": [event(run_id, seconds=n) for n in range(EVENTS)]})
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", "/api/events", body, headers)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def _note(self, answer: tuple[int, Any]) -> None:
        status, body = answer
        if status == 200:
            self.acknowledged += body["inserted"]
        else:
            self.failures.append(f"{status} {body}")


@contextmanager
def sending(port: int, clients: int) -> Iterator[list[Sender]]:
    """Clients that send during a block, and have had their last answers after it."""
    stopped = threading.Event()
    senders = [Sender(port, stopped) for _ in range(clients)]
    try:
        yield senders
    finally:
        stopped.set()
        for sender in senders:
            sender.join()
