"""Run names: unique per agent, and no event is ever refused for its run's name.

`run N` counts up per agent, N up to 999,999,999. Most runs ask for no name, so their numbers are
reserved ahead, in a short transaction, and nobody waits for an agent's row while events are stored.
Every other name is decided under the agent's row lock: the name asked for, or, when it is taken,
(2), (3), … behind it. A `run N` up to the agent's counter counts as taken there: somebody may have
reserved it.
"""

import random
import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from functools import partial

from service.db.queries import Connection, queries

MAX_BASE = 240  # of 255 characters, so that " (99999999999)" has room
PROBES = 16
MOST_PROBES = 1_000  # for runs that ask for one name
NEXT, NEAR, FAR = range(1), range(1, 5), range(5, 31)  # how far a gap is looked for, as exponents
RANDOM = range(10**10, 10**11)  # beyond the numbers that are looked for one after the other
# More digits make a name like any other: a client's `run 999999999999999999` moves no counter.
GENERATED = re.compile(r"run ([1-9][0-9]{0,8})").fullmatch

NameOf = Callable[[int], str]
Search = Generator[list[str], None, int]  # yields names to look up next; returns a free number


class Namer:
    """Finds free names for the runs of one transaction."""

    def __init__(
        self, conn: Connection, reserved: Mapping[str, Iterable[int]], locked: Mapping[str, int]
    ) -> None:
        """`reserved` numbers by agent; `locked` agents with their run_counter."""
        self._conn = conn
        self._reserved = {agent: deque(numbers) for agent, numbers in reserved.items()}
        self._locked = dict(locked)
        self._counters = dict(locked)
        self._free: dict[tuple[str, str], bool] = {}
        self._last: dict[tuple[str, str], int] = defaultdict(int)

    @property
    def locked(self) -> frozenset[str]:
        """The locked agents, under which any free name can be given."""
        return frozenset(self._locked)

    def moved_counters(self) -> dict[str, int]:
        """Return the locked agents' counters that moved, in name order."""
        return dict(sorted(self._counters.items() - self._locked.items()))

    def generate(self, agent: str) -> str:
        """Return `run N`: a reserved number, or the locked agent's next."""
        if self._reserved.get(agent):
            return generated(self._reserved[agent].popleft())
        number = self._find(agent, self._free_after(agent, generated, self._counters[agent]))
        self._counters[agent] = number
        return self._take(agent, generated(number))

    def keep_or_generate(self, agent: str, name: str) -> str:
        """Return the generated name if a moved run may keep it, else a new one."""
        return self._take(agent, name) if self._is_free(agent, name) else self.generate(agent)

    def nearest(self, agent: str, wish: str) -> str:
        """Return the requested name if it is free, else the name with a free number."""
        if self._is_free(agent, wish):
            return self._take(agent, wish)
        base = wish[:MAX_BASE]
        last = self._last[agent, base]
        number = self._find(agent, self._next_numbers(agent, base, last, 1))
        self._last[agent, base] = number
        return self._take(agent, numbered(base, number))

    def next_names(self, agents: Iterable[str]) -> Iterator[tuple[str, str]]:
        """The names that `generate` tries first, if it is called for each of these agents."""
        for agent, count in Counter(agents).items():
            if agent not in self._reserved:
                for number in range(1, count + 1):
                    yield agent, generated(self._counters[agent] + number)

    def foresee(self, wishes: list[tuple[str, str]], unnamed: Iterable[str]) -> None:
        """Look up what naming these (agent, name) pairs, and runs of these agents, will ask for.

        A statement for all in place of one for each; a name that is taken meanwhile costs its own.
        """
        self.look_up([*wishes, *self.next_names(unnamed)])
        asked: Counter[tuple[str, str]] = Counter()
        for pair, count in Counter(wishes).items():
            agent, wish = pair
            if count > 1 or not self._is_free(*pair):
                asked[agent, wish[:MAX_BASE]] += count
        searches = {
            (agent, base): self._next_numbers(agent, base, 0, count)
            for (agent, base), count in asked.items()
        }
        while searches:
            names = {pair: next(search, None) for pair, search in searches.items()}
            searches = {pair: searches[pair] for pair, found in names.items() if found is not None}
            self.look_up((pair[0], name) for pair in searches for name in names[pair] or ())

    def look_up(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Query in one statement which of these (agent, name) pairs are free."""
        unknown = [pair for pair in dict.fromkeys(pairs) if pair not in self._free]
        if not unknown:
            return
        rows = queries.runs.taken_names(
            self._conn,
            agent_names=[agent for agent, _ in unknown],
            run_names=[name for _, name in unknown],
        )
        taken = {(row["agent_name"], row["run_name"]) for row in rows}
        self._free.update({pair: pair not in taken for pair in unknown})

    def _find(self, agent: str, search: Search) -> int:
        """Return what one search finds, looking up what it asks for."""
        while True:
            try:
                names = next(search)
            except StopIteration as end:
                return int(end.value)
            self.look_up((agent, name) for name in names)

    def _next_numbers(self, agent: str, base: str, last: int, count: int) -> Search:
        """The last of so many free numbers behind a name, after the `last` one that was given."""
        name_of = partial(numbered, base)
        for left in range(count, 0, -1):
            if last:
                last = yield from self._free_after(agent, name_of, last, left)
            else:
                last = yield from self._gap_after(agent, name_of, 1)
        return last

    def _free_after(self, agent: str, name_of: NameOf, last: int, wanted: int = 1) -> Search:
        """The next number if it is free, else a later one.

        Further runs may ask for the same name, so the next few are looked up together.
        """
        if (agent, name_of(last + 1)) not in self._free:
            ahead = min(max(wanted, PROBES), MOST_PROBES)
            yield [name_of(last + n) for n in range(1, ahead + 1)]
        if self._is_free(agent, name_of(last + 1)):
            return last + 1
        return (yield from self._gap_after(agent, name_of, last + 1))

    def _gap_after(self, agent: str, name_of: NameOf, low: int) -> Search:
        """A free number above a taken one: exponential, then 16-way search, few statements."""
        high = None
        for exponents in NEXT, NEAR, FAR:
            steps = [low, *(low + (1 << exponent) for exponent in range(exponents.stop))]
            yield [name_of(low + (1 << exponent)) for exponent in exponents]
            high = next((n for n in steps[1:] if self._is_free(agent, name_of(n))), None)
            if high is not None:
                break
        else:
            return (yield from self._free_at_random(agent, name_of))
        low = max(n for n in steps if n < high)
        while high - low > 1:
            probes = list(range(low + 1, high, max(1, (high - low) // PROBES)))
            yield [name_of(number) for number in probes]
            free = [n for n in probes if self._is_free(agent, name_of(n))]
            high = min(free, default=high)
            low = max((n for n in probes if n < high), default=low)
        return high

    def _free_at_random(self, agent: str, name_of: NameOf) -> Search:
        """A free number where somebody has taken those that are looked for first."""
        while True:
            numbers = random.sample(RANDOM, PROBES)
            yield [name_of(number) for number in numbers]
            for number in numbers:
                if self._is_free(agent, name_of(number)):
                    return number

    def _is_free(self, agent: str, name: str) -> bool:
        number = generated_number(name)
        if number is not None and number <= self._locked[agent]:
            return False
        self.look_up([(agent, name)])
        return self._free[agent, name]

    def _take(self, agent: str, name: str) -> str:
        self._free[agent, name] = False
        number = generated_number(name)
        if number is not None:
            self._counters[agent] = max(self._counters[agent], number)
        return name


def generated(number: int) -> str:
    """The name of a run that asks for none."""
    return f"run {number}"


def generated_number(name: str) -> int | None:
    """The N of `run N`; None for any other name."""
    match = GENERATED(name)
    return int(match[1]) if match else None


def numbered(base: str, number: int) -> str:
    """The name of a run whose requested name is taken."""
    return f"{base} ({number})"
