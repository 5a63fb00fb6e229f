"""Events of one moment in the order in which they happened, as far as the events say so."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from service.core.cooperative import Pacer, paced_if_many
from service.db.queries import Row

LINKS = ("parent_event_id", "previous_event_id")


def in_order(rows: list[Row]) -> list[Row]:
    """Sort events of one moment behind those that go before them; drop the column `tie`.

    `rows` are sorted by timestamp, then by `tie`, which keeps the order of all others.
    """
    ordered: list[Row] = []
    for _, group in groupby(paced_if_many(rows, len(rows)), itemgetter("timestamp")):
        same_moment = list(group)
        ordered += same_moment if len(same_moment) == 1 else behind_links(same_moment)
    for row in paced_if_many(ordered, len(ordered)):
        del row["tie"]
    return ordered


def behind_links(rows: list[Row]) -> Iterator[Row]:
    """Yield each row after those that it names; a cycle is cut where it is entered.

    The end of an agent comes after what is inside it, too. Without recursion, because a chain may
    be 100,000 long.
    """
    by_id = {row["event_id"]: row for row in rows}
    inside = inside_agents(rows, by_id) if any(map(is_end, rows)) else {}
    entered: set[str] = set()
    pacer = Pacer()
    for first in rows:
        path = [first]
        while path:
            pacer.pause()
            row = path[-1]
            entered.add(row["event_id"])
            before = [
                row[link] for link in LINKS if row[link] in by_id and row[link] not in entered
            ]
            ids = inside.get(row["previous_event_id"], []) if is_end(row) and not before else []
            while ids and ids[-1] in entered:
                ids.pop()
            before += ids[-1:]
            if before:
                path.append(by_id[before[0]])
            elif by_id.pop(row["event_id"], None):
                yield path.pop()
            else:
                path.pop()


def is_end(row: Row) -> bool:
    """Whether a row is the end of an agent."""
    return bool(row["event_type"] == "agent_end")


def inside_agents(rows: list[Row], by_id: dict[str, Row]) -> dict[str, list[str]]:
    """What happened inside the agent of each start, the last of it first.

    An event lies in the nearest agent around it, and the end of an agent in the one around that.
    """
    around: dict[str, str | None] = {}
    found: dict[str, list[str]] = defaultdict(list)
    for row in reversed(rows):
        start = by_id.get(row["previous_event_id"]) if is_end(row) else row
        agent = None if start is None else agent_around(start, by_id, around)
        if agent is not None:
            found[agent].append(row["event_id"])
    return found


def agent_around(row: Row, by_id: dict[str, Row], around: dict[str, str | None]) -> str | None:
    """The start of the agent around an event; of what is not of this moment, the parent."""
    path: list[str] = []
    at, agent = row["event_id"], None
    while at not in around:
        around[at] = None  # ends the walk on a cycle
        path.append(at)
        agent = by_id[at]["parent_event_id"]
        if agent not in by_id or by_id[agent]["event_type"] == "agent_start":
            break
        at = agent
    else:
        agent = around[at]
    around.update(dict.fromkeys(path, agent))
    return agent
