"""MetricNames: which types, models and tools count under their own name in an agent's metrics.

An agent has so many names of each kind (LIMITS), those that were stored first; the rest counts
under (other). The table metric_names only grows, and a kind that is full stays full. So the name
under which an event counts never changes, and a worker may remember what it has read.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from service.db.queries import Connection, queries

OTHER = "(other)"
EVENT_TYPE, MODEL, TOOL = "event_type", "model", "tool"
LIMITS = {EVENT_TYPE: 1_000, MODEL: 1_000, TOOL: 200}
MOST_REMEMBERED = 20_000  # 100 agents with 10 event types and 5 models each have 1,500 names


class Name(NamedTuple):
    """An event type, a model or a tool of an agent."""

    agent_name: str
    kind: str
    name: str


# Of an event: its agent, event type, model and tool, empty for none.
Labels = tuple[str, str, str, str]


class MetricNames:
    """The names that a worker has looked up."""

    def __init__(self) -> None:
        self._counts: dict[Name, bool] = {}
        self._plain: set[Labels] = set()

    def are_plain(self, labels: set[Labels]) -> bool:
        """Whether all of these are known to count under their own names; for most transactions."""
        return labels <= self._plain

    def look_up(self, conn: Connection, names: Collection[Name]) -> dict[Name, bool]:
        """Whether each of these counts under its own name; add those for which there is room.

        Takes the last locks of the transaction if it adds any. Call `remember` after its commit.
        """
        unknown = [name for name in names if name not in self._counts]
        known = {name: self._counts[name] for name in names if name in self._counts}
        return known | look_up(conn, unknown) if unknown else known

    def remember(self, counts: Mapping[Name, bool], labels: Collection[Labels]) -> None:
        """Remember the result of `look_up` for these labels: the transaction has committed."""
        if len(self._counts) + len(counts) > MOST_REMEMBERED:
            self._counts.clear()
        if len(self._plain) + len(labels) > MOST_REMEMBERED:
            self._plain.clear()
        self._counts.update(counts)
        self._plain.update(one for one in labels if all(counts[name] for name in names_of(one)))


def names_of(labels: Labels) -> list[Name]:
    """The event type, and the model and the tool if there are any."""
    agent_name, *of_event = labels
    return [
        Name(agent_name, kind, name) for kind, name in zip(LIMITS, of_event, strict=True) if name
    ]


def names_of_runs(
    conn: Connection, run_ids: list[str], agent_names: list[str] | None = None
) -> set[Name]:
    """The names of events of runs that lack a row, of each kind as many as there may be room for.

    They count for `agent_names`, to which the runs move, or for the agents that the runs have.
    """
    rows = queries.metrics.names_of_runs(
        conn,
        run_ids=run_ids,
        agent_names=agent_names,
        name_limit=str(max(LIMITS.values()) + 1),  # with one more a kind is full
    )
    return {Name(**row) for row in rows}


def counted(labels: Labels, counts: Mapping[Name, bool]) -> Labels:
    """The labels under which an event counts; `counts`: which names count as themselves."""
    agent_name, event_type, model, tool = labels
    return (
        agent_name,
        event_type if counts[Name(agent_name, EVENT_TYPE, event_type)] else OTHER,
        model if not model or counts[Name(agent_name, MODEL, model)] else OTHER,
        tool if not tool or counts[Name(agent_name, TOOL, tool)] else OTHER,
    )


def look_up(conn: Connection, names: Collection[Name]) -> dict[Name, bool]:
    """Whether each name counts as itself, by the table."""
    rows = find(conn, [*names, *(full(name) for name in names)])
    missing = sorted(name for name in names if name not in rows and full(name) not in rows)
    if missing:
        rows |= add(conn, missing)
    return {name: name in rows and name.name != OTHER for name in names}


def full(name: Name) -> Name:
    """The name whose row says that no more names of the kind are added for the agent."""
    return name._replace(name=OTHER)


def find(conn: Connection, names: Iterable[Name]) -> set[Name]:
    """Those of the names that have a row."""
    return {Name(**row) for row in queries.metrics.find_names(conn, **columns(set(names)))}


def add(conn: Connection, names: list[Name]) -> set[Name]:
    """Add those for which there is room; return those of them that have a row then."""
    new = [name for name in names if name.name != OTHER]
    if not new:
        return set()
    with conn.pipeline():
        queries.metrics.lock_names(conn, agent_names=sorted({name.agent_name for name in new}))
        limits = [str(LIMITS[name.kind]) for name in new]
        queries.metrics.add_names(conn, **columns(new), limits=limits)
        rows = queries.metrics.find_names(conn, **columns(new))
    return {Name(**row) for row in rows}


def columns(names: Collection[Name]) -> dict[str, list[str | None]]:
    """The arrays of metrics/find_names and metrics/add_names."""
    return {
        "agent_names": [name.agent_name for name in names],
        "kinds": [name.kind for name in names],
        "names": [name.name for name in names],
    }
