"""Clients that send on through every fault: again after a 503 or a lost connection, as the SDK."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests

from tests.faults.accounting import Batch, Ledger

CLIENTS = 4
TIMEOUT_SECONDS = 10  # the SDK's
PATIENCE_SECONDS = 40  # then a client gives a batch up
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 0.5  # the SDK waits 1, 2 and 4 s
THINKING_SECONDS = 0.01  # between two batches: the machine is not to be saturated
JSON = {"Content-Type": "application/json"}


class Client:
    """One sender, in a thread."""

    def __init__(
        self, number: int, url: Callable[[], str], ledger: Ledger, seed: str, key: str = ""
    ) -> None:
        """`url` is asked for each request: a proxy may stand in the way for a while."""
        self.acknowledged_at: list[float] = []  # monotonic seconds
        self.latencies: list[tuple[float, float]] = []  # when answered 200, seconds it took
        self._number = number
        self._url = url
        self._ledger = ledger
        self._headers = JSON | ({"Authorization": f"Bearer {key}"} if key else {})
        self._rng = random.Random(f"{seed} {number}")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"client {number}", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def end(self) -> None:
        """Finish the batch under way, and end."""
        self._ended.set()
        self._thread.join(PATIENCE_SECONDS + 2 * TIMEOUT_SECONDS)
        if self._thread.is_alive():
            self._ledger.complain(f"client {self._number} hangs")

    def has_been_served_since(self, moment: float) -> bool:
        """Whether a batch was acknowledged after this moment (monotonic seconds)."""
        return bool(self.acknowledged_at) and self.acknowledged_at[-1] > moment

    def _run(self) -> None:
        with requests.Session() as session:
            while not self._ended.wait(THINKING_SECONDS):
                self._send(session, self._ledger.next(self._number, self._rng))

    def _send(self, session: requests.Session, batch: Batch) -> None:
        pause, deadline = FIRST_PAUSE_SECONDS, time.monotonic() + PATIENCE_SECONDS
        while not self._attempt(session, batch) and not batch.once:
            if time.monotonic() > deadline:
                return
            time.sleep(pause * self._rng.uniform(0.5, 1))
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _attempt(self, session: requests.Session, batch: Batch) -> bool:
        """Send once; whether that settles it."""
        began = time.monotonic()
        try:
            answer = session.post(
                f"{self._url()}/api/events",
                batch.body,
                headers=self._headers,
                timeout=TIMEOUT_SECONDS,
            )
        except requests.RequestException:
            return False
        if answer.status_code == 200:
            self._ledger.acknowledge(batch, answer.json())
            self.acknowledged_at.append(time.monotonic())
            self.latencies.append((time.monotonic(), time.monotonic() - began))
            return True
        if answer.status_code == 503 and "Retry-After" in answer.headers:
            return False
        self._ledger.complain(f"answered {answer.status_code}: {answer.text}")
        return True


@contextmanager
def sending(
    url: Callable[[], str], ledger: Ledger, seed: str, key: str = ""
) -> Iterator[list[Client]]:
    """Let the clients send for a block; afterwards each has finished its last batch."""
    clients = [Client(number, url, ledger, seed, key) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield clients
    finally:
        for client in clients:
            client.end()
