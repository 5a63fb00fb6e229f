"""The events of a run as a tree: the roots, and the order of the events.

No function here is recursive, because a chain may be 100,000 deep.
"""

from collections import defaultdict
from collections.abc import Iterator

from service.core.cooperative import Pacer, paced_if_many
from service.db.queries import Row


class Tree:
    """The events of a run, linked to their parents.

    `rows` are sorted oldest first, as by runs/trace. `cycle` holds the ids of events that are on a
    cycle of parents.
    """

    def __init__(self, rows: list[Row], cycle: set[str]) -> None:
        self.rows = {row["event_id"]: row for row in paced_if_many(rows, len(rows))}
        self.cycle = cycle
        self.children: dict[str, list[str]] = defaultdict(list)
        roots = []
        for event_id, row in paced_if_many(self.rows.items(), len(rows)):
            if row["tree_parent_id"] is None or event_id in self.cycle:
                roots.append(row)
            else:
                self.children[row["tree_parent_id"]].append(event_id)
        self.roots = [row["event_id"] for row in order_roots(roots)]

    def walk(self, max_depth: int | None = None) -> Iterator[tuple[Row, int]]:
        """Yield each event once with its depth, parents before children, oldest first.

        Events deeper than `max_depth` are skipped.
        """
        stack = [(event_id, 0) for event_id in reversed(self.roots)]
        while stack:
            event_id, depth = stack.pop()
            yield self.rows[event_id], depth
            if event_id in self.children and depth != max_depth:
                stack += [(child, depth + 1) for child in reversed(self.children[event_id])]


def find_cycles(rows: list[Row]) -> set[str]:
    """The ids of events on a cycle of parents; the walk from the roots never reaches them."""
    unreached = {
        row["event_id"]: row for row in paced_if_many(rows, len(rows)) if row["depth"] is None
    }
    seen: set[str] = set()
    cycles: set[str] = set()
    pacer = Pacer()
    for start in unreached:
        path = []
        event_id = start
        while event_id not in seen:
            pacer.pause()
            seen.add(event_id)
            path.append(event_id)
            event_id = unreached[event_id]["tree_parent_id"]
        if event_id in path:  # the path met itself, not an earlier path
            cycles.update(path[path.index(event_id) :])
    return cycles


def order_roots(roots: list[Row]) -> list[Row]:
    """Sort: agent_start, the chain that follows it, other roots by time, agent_end."""
    ends = [row for row in paced_if_many(roots, len(roots)) if row["event_type"] == "agent_end"]
    others = [row for row in paced_if_many(roots, len(roots)) if row["event_type"] != "agent_end"]
    first = next((row for row in others if row["event_type"] == "agent_start"), None)
    chain = follow(first, others) if first else []
    chained = {row["event_id"] for row in chain}
    return (
        chain
        + [row for row in paced_if_many(others, len(others)) if row["event_id"] not in chained]
        + ends
    )


def follow(first: Row, roots: list[Row]) -> list[Row]:
    """`first`, and the roots that follow it by previous_event_id, breadth first."""
    following: dict[str | None, list[Row]] = defaultdict(list)
    for row in paced_if_many(roots, len(roots)):
        following[row["previous_event_id"]].append(row)
    chain = [first]
    seen = {first["event_id"]}
    for row in paced_if_many(chain, len(roots)):  # grows during the loop
        for successor in following[row["event_id"]]:
            if successor["event_id"] not in seen:
                seen.add(successor["event_id"])
                chain.append(successor)
    return chain
