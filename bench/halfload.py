"""Half of the ingest that a service can take, offered on a clock beside a measurement."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench.live import fresh_bodies
from bench.load import Result, closed_loop, host_of, offered, post
from bench.measured import stored_events

BATCH = 100
CAPACITY_BATCHES, CAPACITY_CLIENTS = 400, 8
OFFERED_CLIENTS = 32
OFFERED_SECONDS = 2.5
LOOK_SECONDS = 0.05  # between two looks at whether the first events are in


class HalfLoad:
    """Measures the capacity once; then loads the service for as long as a measurement takes."""

    def __init__(self, url: str, seed: int) -> None:
        self._url = url
        self._seed = seed
        self._unique = time.time_ns()  # never sent before: duplicates would cost less
        self._sent = 0
        self.events_per_second = self._capacity() / 2

    def beside(self, measure: Callable[[int], Result], count: int) -> Result:
        """Measure `count` requests while events come in; fewer where they outlast the load.

        Raises RuntimeError when none can be measured.
        """
        while count:
            requests = self._requests(OFFERED_SECONDS)
            before = stored_events(self._url)
            with ThreadPoolExecutor(1) as thread:
                load = thread.submit(self._offer, requests)
                while stored_events(self._url) == before and not load.done():
                    time.sleep(LOOK_SECONDS)
                result = measure(count)
                was_loaded = not load.done()
                load.result().accepted(len(requests) * BATCH)
            if was_loaded:
                return result
            count //= 2
        raise RuntimeError("the events that were to come in meanwhile came in too fast")

    def _capacity(self) -> float:
        """Events per second in a closed loop."""
        requests = self._batches(CAPACITY_BATCHES)
        result = closed_loop(self._url, requests, CAPACITY_CLIENTS).accepted(len(requests) * BATCH)
        return len(requests) * BATCH / result.seconds

    def _requests(self, seconds: float) -> list[bytes]:
        """Requests for so long a time."""
        return self._batches(int(seconds * self.events_per_second / BATCH))

    def _batches(self, count: int) -> list[bytes]:
        """The next requests, each with events that were never sent."""
        self._sent += 1
        bodies = fresh_bodies(self._seed, f"{self._unique} {self._sent}", count, BATCH)
        return [post("/api/events", body, host_of(self._url)) for body in bodies]

    def _offer(self, requests: list[bytes]) -> Result:
        return offered(self._url, requests, self.events_per_second / BATCH, OFFERED_CLIENTS)
