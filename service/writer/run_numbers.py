"""Numbers of `run N`, reserved ahead in a short transaction, and kept where they were not used.

What is committed ahead outlives a rollback. So the next attempts of the same requests, also of each
half of them, take what the last one left. A number that no request of a turn uses leaves a gap.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping

from service.db.queries import Connection, Row, queries

Numbers = dict[str, list[int]]  # by agent, ascending


class RunNumbers:
    """The numbers of one writer."""

    def __init__(self) -> None:
        self._left: defaultdict[str, deque[int]] = defaultdict(deque)
        self._lent: Numbers = {}  # to the transaction under way

    def take(
        self, conn: Connection, counts: Mapping[str, int], and_then: Callable[[], None]
    ) -> Numbers:
        """The next numbers of agents; none of an agent that does not exist yet.

        `and_then` runs a statement of the caller's transaction, in the same round trip.
        """
        lacking = Counter(counts) - Counter({name: len(left) for name, left in self._left.items()})
        with conn.pipeline():
            reserved = reserve(conn, lacking) if lacking else ()
            and_then()
        for row in reserved:
            last = row["last_number"]
            self._left[row["name"]] += range(last - lacking[row["name"]] + 1, last + 1)
        self._lent = {
            name: [self._left[name].popleft() for _ in range(count)]
            for name, count in counts.items()
            if len(self._left.get(name, ())) >= count
        }
        return self._lent

    def used(self) -> None:
        """The transaction was committed: what it was lent is no longer there to be given back."""
        self._lent = {}

    def give_back(self) -> None:
        """The transaction was rolled back: the next one gets its numbers."""
        for name, numbers in self._lent.items():
            self._left[name].extendleft(reversed(numbers))
        self._lent = {}

    def forget(self) -> None:
        """Keep none: those that are left may be taken by now, or the requests were answered."""
        self._left.clear()
        self._lent = {}


def reserve(conn: Connection, counts: Mapping[str, int]) -> Iterable[Row]:
    """Reserve numbers and commit; agents that do not exist yet return no row."""
    names = sorted(counts)
    queries.transactions.commit_lazily(conn)
    reserved = queries.agents.reserve_numbers(
        conn, names=names, counts=[str(counts[name]) for name in names]
    )
    conn.commit()
    return reserved
