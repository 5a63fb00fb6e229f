"""The trace without `data`: figures of each event and its subtree, and the critical path."""

from service.core.cooperative import paced_if_many
from service.db.fetch import fetch_all
from service.db.queries import Connection, Row, queries
from service.resources.trace.render import MAX_TREE_DEPTH, head_of, with_tree, write_nested
from service.resources.trace.ties import in_order
from service.resources.trace.tree import Tree, find_cycles

NOT_IN_NODE = ("tree_parent_id",)


def render_summary(conn: Connection, run: Row, max_depth: int | None = None) -> bytes:
    """Render the response of GET …/trace?fields=summary.

    Figures cover whole subtrees, also where `max_depth` cuts them off.
    """
    rows, cycle = read_rows(conn, run["run_id"])
    tree = Tree(rows, cycle)
    head = head_of(run, len(rows))
    head["critical_path"] = critical_path(rows)
    deepest = MAX_TREE_DEPTH if max_depth is None else min(max_depth, MAX_TREE_DEPTH)
    nodes = list(paced_if_many(tree.walk(deepest), len(rows)))
    head["events_omitted"] = len(rows) - len(nodes)
    for row, _ in paced_if_many(nodes, len(nodes)):
        row["children_count"] = len(tree.children.get(row["event_id"], ()))
    return with_tree(head, write_nested(tree, nodes, max_depth, NOT_IN_NODE))


def read_rows(conn: Connection, run_id: str) -> tuple[list[Row], set[str]]:
    """The rows of runs/trace_summary, and the ids of events on cycles of parents.

    SQL would find cycles in quadratic time. So Python finds them, and the query runs again with
    them as roots.
    """
    rows = fetch_all(queries.runs.trace_summary(conn, run_id=run_id, cycle_ids=None))
    cycle = find_cycles(rows)
    if cycle:
        rows = fetch_all(queries.runs.trace_summary(conn, run_id=run_id, cycle_ids=sorted(cycle)))
    return in_order(rows), cycle


def critical_path(rows: list[Row]) -> list[str]:
    """The ids of the events on the critical path, in the order of their start."""
    path = [row for row in paced_if_many(rows, len(rows)) if row["on_critical_path"]]
    path.sort(key=lambda row: (row["started_at"], row["depth"]))
    return [row["event_id"] for row in path]
