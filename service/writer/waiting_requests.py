"""The requests that wait for the writer, and which of them share its next transaction."""

import time
from collections import deque
from concurrent.futures import Future

from service.ingest.rows import EventRow
from service.writer.incoming import Counts

GROUPED_EVENTS = 2_000  # one transaction of small requests: about 0.1 s
MOST_MEETINGS = 4  # with locks, of whatever transactions
LARGE_REQUEST_EVENTS = 2_000  # from here on a request has a transaction of its own


class WriteRequest:
    """One request's rows, and the future that its thread waits on."""

    def __init__(self, rows: list[EventRow], events_before: int) -> None:
        """`events_before`: unfinished events that were queued earlier."""
        self.rows = rows
        self.events_before = events_before
        self.since = time.monotonic()
        self.done: Future[Counts] = Future()
        self.locks: frozenset[tuple[str, str]] = frozenset()  # of others, that it met last
        self.meets_again = False  # one of these is of the same transaction as the time before
        self._times_met = 0

    def note_locks(self, locks: frozenset[tuple[str, str]]) -> None:
        """Remember which locks the request would wait for now."""
        self._times_met += bool(locks)
        self.meets_again = not locks.isdisjoint(self.locks) or self._times_met >= MOST_MEETINGS
        self.locks = locks

    def names(self) -> set[str]:
        """Its runs and agents."""
        return {name for row in self.rows for name in (row.run_id, row.agent_name)}


class WaitingRequests:
    """A queue of small requests and one of large ones, which take turns. Its user locks it."""

    def __init__(self) -> None:
        self._small: deque[WriteRequest] = deque()
        self._large: deque[WriteRequest] = deque()
        self._large_is_next = False

    def __bool__(self) -> bool:
        return bool(self._small or self._large)

    def append(self, request: WriteRequest) -> None:
        """Queue a request behind those of its kind."""
        is_large = len(request.rows) >= LARGE_REQUEST_EVENTS
        (self._large if is_large else self._small).append(request)

    def take(self) -> list[WriteRequest]:
        """Take what one transaction stores: small ones up to a bound, or one large, in turn."""
        if self._large and (self._large_is_next or not self._small):
            self._large_is_next = False
            return [self._large.popleft()]
        self._large_is_next = True
        return self._take_small()

    def take_everything(self) -> list[WriteRequest]:
        """Take all that waits."""
        waiting = [*self._small, *self._large]
        self._small.clear()
        self._large.clear()
        return waiting

    def _take_small(self) -> list[WriteRequest]:
        requests: list[WriteRequest] = []
        events = 0
        while self._small and events < GROUPED_EVENTS:
            requests.append(self._small.popleft())
            events += len(requests[-1].rows)
        return requests
