"""The full trace: the rows of runs/trace as a nested tree, and as a flat list."""

from typing import Any

from service.core.cooperative import paced_if_many
from service.db.queries import Row
from service.resources.trace.render import head_of, listed, with_tree, write_nested
from service.resources.trace.tree import Tree, find_cycles

# Columns of runs/trace for the flat list, the run and the tree, which nodes lack.
NOT_IN_NODE = ("name", "status", "graph_structure", "execution_flow", "tree_parent_id")


def render_trace(run: Row, rows: list[Row], max_depth: int | None = None) -> bytes:
    """Render the response of GET …/trace from a run and the rows of runs/trace."""
    tree = Tree(rows, find_cycles(rows))
    head = head_of(run, len(rows))
    head["graph_structure"] = first_of(rows, "graph_structure")
    head["execution_flow"] = first_of(rows, "execution_flow")
    nodes = list(paced_if_many(tree.walk(max_depth), len(rows)))
    if max_depth is not None:
        head["events_omitted"] = len(rows) - len(nodes)
    # The outlines first, because write_nested changes the rows.
    events = list(listed(outline(row, depth) for row, depth in paced_if_many(nodes, len(nodes))))
    nested = write_nested(tree, nodes, max_depth, NOT_IN_NODE)
    return with_tree(head, nested, b',"events":[', *events, b"]")


def first_of(rows: list[Row], name: str) -> Any:
    """The first value of a column that is null for most events, or None."""
    return next(
        (row[name] for row in paced_if_many(rows, len(rows)) if row[name] is not None), None
    )


def outline(row: Row, depth: int) -> Row:
    """An event of the flat list, as the MCP server's trace tool reads it."""
    data = {
        "name": row["name"],
        "model": row["model"],
        "latency_ms": row["latency_ms"],
        "cost": row["cost"],
        "status": row["status"],
        "counted": None if row["repeats"] is None else False,
        "repeats": row["repeats"],
    }
    return {
        "event_id": row["event_id"],
        "parent_event_id": row["parent_event_id"],
        "event_type": row["event_type"],
        "timestamp": row["timestamp"],
        "depth": depth,
        "data": {name: value for name, value in data.items() if value is not None},
    }
