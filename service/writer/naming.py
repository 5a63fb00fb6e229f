"""Run names: unique per agent, decided under the agent's row lock.

`run N` counts up per agent; a name that is taken gets (2), (3), … No event is ever refused for its
run's name.
"""

from collections.abc import Iterable

from service.queries import Connection, queries

MAX_BASE = 240  # of 255 characters, so that " (1000000)" has room
PROBES = 16


class Namer:
    """Finds free names for one transaction. Every agent it is asked about is locked."""

    def __init__(self, conn: Connection, counters: dict[str, int]) -> None:
        """Take the locked agents' run_counter by name."""
        self._conn = conn
        self._counters = dict(counters)
        self._stored = dict(counters)
        self._known: dict[tuple[str, str], bool] = {}
        self._next: dict[tuple[str, str], int] = {}

    @property
    def locked(self) -> frozenset[str]:
        """The agents under which runs can be named."""
        return frozenset(self._counters)

    def moved_counters(self) -> dict[str, int]:
        """Return the counters that moved since the last call, by agent, in name order."""
        moved = dict(sorted(self._counters.items() - self._stored.items()))
        self._stored.update(moved)
        return moved

    def look_up(self, wishes: Iterable[tuple[str, str | None]]) -> None:
        """Ask in one statement for the first choice of many (agent, wish or None)."""
        ahead = dict(self._counters)
        pairs = []
        for agent, wish in wishes:
            if wish is None:
                ahead[agent] += 1
            pairs.append((agent, wish or f"run {ahead[agent]}"))
        self._ask(pairs)

    def generate(self, agent: str) -> str:
        """Return the agent's next free `run N`."""
        while True:
            self._counters[agent] += 1
            name = f"run {self._counters[agent]}"
            if self._is_free(agent, name):
                return self._take(agent, name)

    def keep_or_generate(self, agent: str, name: str) -> str:
        """Return a generated name as it is where a moved run may keep it, else a new one."""
        return self._take(agent, name) if self._is_free(agent, name) else self.generate(agent)

    def nearest(self, agent: str, wish: str) -> str:
        """Return the wish itself when it is free, else with the first free number behind it."""
        if self._is_free(agent, wish):
            return self._take(agent, wish)
        base = wish[:MAX_BASE]
        number = self._next.get((agent, base)) or self._first_gap(agent, base)
        while not self._is_free(agent, numbered(base, number)):
            number += 1
        self._next[agent, base] = number + 1
        return self._take(agent, numbered(base, number))

    def _first_gap(self, agent: str, base: str) -> int:
        """Gallop by powers of two, then narrow by sixteenths: few statements for a million runs."""
        powers = [1 << exponent for exponent in range(1, 31)]
        self._ask((agent, numbered(base, number)) for number in powers)
        high = next(n for n in powers if self._is_free(agent, numbered(base, n)))
        low = high // 2  # taken, or 1: the wish itself
        while high - low > 1:
            step = max(1, (high - low) // PROBES)
            probes = list(range(low + step, high, step))
            self._ask((agent, numbered(base, number)) for number in probes)
            free = [n for n in probes if self._is_free(agent, numbered(base, n))]
            high = min(free, default=high)
            low = max((n for n in probes if n < high), default=low)
        return high

    def _is_free(self, agent: str, name: str) -> bool:
        if (agent, name) not in self._known:
            self._ask([(agent, name)])
        return self._known[agent, name]

    def _take(self, agent: str, name: str) -> str:
        self._known[agent, name] = False
        return name

    def _ask(self, pairs: Iterable[tuple[str, str]]) -> None:
        unknown = [pair for pair in dict.fromkeys(pairs) if pair not in self._known]
        if not unknown:
            return
        rows = queries.runs.taken_names(
            self._conn,
            agent_names=[agent for agent, _ in unknown],
            run_names=[name for _, name in unknown],
        )
        taken = {(row["agent_name"], row["run_name"]) for row in rows}
        self._known.update({pair: pair not in taken for pair in unknown})


def numbered(base: str, number: int) -> str:
    """The name a run gets when its own is taken."""
    return f"{base} ({number})"
