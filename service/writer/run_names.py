"""Run names: unique per agent, and no event is ever refused for its run's name.

`run N` counts up per agent, N up to 999,999,999. Most runs ask for no name, so their numbers are
reserved ahead, in a short transaction, and nobody waits for an agent's row while events are stored.
Every other name is decided under the agent's row lock: the name asked for, or, when it is taken,
(2), (3), … behind it. A `run N` up to the agent's counter counts as taken there: somebody may have
reserved it.
"""

import random
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from functools import partial
from typing import TypeVar

from service.db.queries import Connection, queries

MAX_BASE = 240  # of 255 characters, so that " (99999999999)" has room
PROBES = 16
MOST_ATTEMPTS = 30  # on paper; usually two
MOST_PAIRS = 20_000  # of a statement
STEPS = range(1), range(1, 5), range(5, 11), range(11, 31)  # to a gap, as exponents; usually one
RANDOM = range(10**10, 10**11)  # beyond the numbers that are looked for one after the other
# More digits make a name like any other: a client's `run 999999999999999999` moves no counter.
GENERATED = re.compile(r"run ([1-9][0-9]{0,8})").fullmatch

NameOf = Callable[[int], str]
Pair = tuple[str, str]  # an agent, and the name of a run
T = TypeVar("T")


class Namer:
    """Finds free names for the runs of one transaction."""

    def __init__(
        self, conn: Connection, reserved: Mapping[str, Iterable[int]], locked: Mapping[str, int]
    ) -> None:
        """`reserved` numbers by agent; `locked` agents with their run_counter."""
        self._conn = conn
        self._locked = dict(locked)
        self._free: dict[Pair, bool] = {}  # what was looked up
        self._unknown: dict[Pair, None] | None = None  # on paper: what was not
        self._reserved = {agent: deque(numbers) for agent, numbers in reserved.items()}
        self._counters = dict(locked)
        self._last: dict[Pair, int] = defaultdict(int)
        self._given: set[Pair] = set()
        self._at_random: list[int] = []  # numbers that were drawn, the same on each paper
        self._drawn = 0

    @property
    def locked(self) -> frozenset[str]:
        """The locked agents, under which any free name can be given."""
        return frozenset(self._locked)

    def moved_counters(self) -> dict[str, int]:
        """Return the locked agents' counters that moved, in name order."""
        return dict(sorted(self._counters.items() - self._locked.items()))

    def in_few_statements(self, give: Callable[["Namer"], T]) -> T:
        """Return what `give` returns, which names runs by this Namer.

        It names them on paper first: a name that was not looked up counts as free. Then these names
        are looked up in one statement, and it begins again, until it needs no other.
        """
        for _ in range(MOST_ATTEMPTS):
            unknown: dict[Pair, None] = {}
            paper = self._copy()
            paper._unknown = unknown
            result = give(paper)
            if not unknown:
                self._reserved, self._counters = paper._reserved, paper._counters
                self._last, self._given = paper._last, paper._given
                self._drawn = paper._drawn
                return result
            self.look_up(unknown)
        return give(self)

    def generate(self, agent: str) -> str:
        """Return `run N`: a reserved number, or the locked agent's next."""
        if self._reserved.get(agent):
            return generated(self._reserved[agent].popleft())
        number = self._free_after(agent, generated, self._counters[agent])
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
        name_of = partial(numbered, base)
        last = self._last[agent, base]
        number = (
            self._free_after(agent, name_of, last) if last else self._gap_after(agent, name_of, 1)
        )
        self._last[agent, base] = number
        return self._take(agent, name_of(number))

    def look_up(self, pairs: Iterable[Pair]) -> None:
        """Query which of these (agent, name) pairs are free; of many, some at a time."""
        unknown = [pair for pair in dict.fromkeys(pairs) if pair not in self._free]
        for first in range(0, len(unknown), MOST_PAIRS):
            part = unknown[first : first + MOST_PAIRS]
            rows = queries.runs.taken_names(
                self._conn,
                agent_names=[agent for agent, _ in part],
                run_names=[name for _, name in part],
            )
            taken = {(row["agent_name"], row["run_name"]) for row in rows}
            self._free.update({pair: pair not in taken for pair in part})

    def _copy(self) -> "Namer":
        """Another one that knows and has given the same."""
        copied = copy(self)
        copied._reserved = {agent: deque(numbers) for agent, numbers in self._reserved.items()}
        copied._counters, copied._last = dict(self._counters), self._last.copy()
        copied._given = set(self._given)
        return copied

    def _free_after(self, agent: str, name_of: NameOf, last: int) -> int:
        """Return the next number if it is free, else a later one.

        Further runs may ask for the same name, so the next few are looked up together.
        """
        if self._unknown is None and (agent, name_of(last + 1)) not in self._free:
            self.look_up((agent, name_of(last + ahead)) for ahead in range(1, PROBES + 1))
        if self._is_free(agent, name_of(last + 1)):
            return last + 1
        return self._gap_after(agent, name_of, last + 1)

    def _gap_after(self, agent: str, name_of: NameOf, low: int) -> int:
        """Find a free number above a taken one: exponential, then 16-way search, few statements."""
        for exponents in STEPS:
            steps = [low + (1 << exponent) for exponent in exponents]
            high = min(self._free_of(agent, name_of, steps), default=0)
            if high:
                break
        else:
            return self._free_at_random(agent, name_of)
        low = max((n for n in steps if n < high), default=low + (1 << exponents.start >> 1))
        while high - low > 1:
            probes = list(range(low + 1, high, max(1, (high - low) // PROBES)))
            high = min(self._free_of(agent, name_of, probes), default=high)
            low = max((n for n in probes if n < high), default=low)
        return high

    def _free_at_random(self, agent: str, name_of: NameOf) -> int:
        """Find a free number where somebody has taken those that are looked for first."""
        while True:
            first, self._drawn = self._drawn, self._drawn + PROBES
            if len(self._at_random) < self._drawn:
                self._at_random += random.sample(RANDOM, PROBES)
            free = self._free_of(agent, name_of, self._at_random[first : self._drawn])
            if free:
                return free[0]

    def _free_of(self, agent: str, name_of: NameOf, numbers: list[int]) -> list[int]:
        """Return those of the numbers that are free."""
        if self._unknown is None:
            self.look_up((agent, name_of(number)) for number in numbers)
        return [number for number in numbers if self._is_free(agent, name_of(number))]

    def _is_free(self, agent: str, name: str) -> bool:
        number = generated_number(name)
        if (agent, name) in self._given or (number and number <= self._locked[agent]):
            return False
        if (agent, name) not in self._free:
            if self._unknown is not None:
                self._unknown[agent, name] = None
                return True
            self.look_up([(agent, name)])
        return self._free[agent, name]

    def _take(self, agent: str, name: str) -> str:
        self._given.add((agent, name))
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
