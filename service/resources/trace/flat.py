"""The summary of a trace as a table: a row for each event, in the order of the tree.

It has every event, however deep, and the names of the figures once: a fifth of the nested JSON.
"""

from typing import Any

import orjson

from service.db.queries import Connection, Row
from service.resources.trace.render import head_of
from service.resources.trace.summary import critical_path, read_rows
from service.resources.trace.tree import Tree

NOT_IN_ROW = ("tree_parent_id", "depth")


def render_flat(conn: Connection, run: Row, max_depth: int | None = None) -> bytes:
    """Render the response of GET …/trace?fields=flat."""
    rows, cycle = read_rows(conn, run["run_id"])
    tree = Tree(rows, cycle)
    head = head_of(run, len(rows))
    head["critical_path"] = critical_path(rows)
    table: list[list[Any]] = []
    names: list[str] = []
    for row, depth in tree.walk(max_depth):
        names = names or [name for name in row if name not in NOT_IN_ROW]
        children = len(tree.children.get(row["event_id"], ()))
        figures = [row[name] for name in names]
        table.append([depth, children, row["event_id"] in cycle, *figures])
    head["events_omitted"] = len(rows) - len(table)
    head["columns"] = ["depth", "children_count", "cycle", *names]
    return orjson.dumps(head | {"rows": table})
