"""The summary of a trace as a table: a row for each event, in the order of the tree.

It has every event, however deep, and the names of the figures once: a fifth of the nested JSON.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from service.core.cooperative import paced, paced_if_many
from service.db.fetch import fetch_all
from service.db.queries import Connection, Row, queries
from service.resources.trace.render import head_of, listed
from service.resources.trace.summary import critical_path, read_rows
from service.resources.trace.tree import Tree

NOT_IN_ROW = ("tree_parent_id", "depth")


def render_flat(conn: Connection, run: Row, max_depth: int | None = None) -> bytes:
    """Render the response of GET …/trace?fields=flat."""
    return render(run, *read_rows(conn, run["run_id"]), max_depth)


def render_digests(conn: Connection, run: Row, max_depth: int | None = None) -> bytes:
    """Render the response of GET …/trace?fields=digests: the table with `output_digest`."""
    rows, cycle = read_rows(conn, run["run_id"])
    found = fetch_all(queries.runs.output_digests(conn, run_id=run["run_id"]))
    add_digests(rows, {row["event_id"]: row["digest"] for row in found})
    return render(run, rows, cycle, max_depth)


def add_digests(rows: list[Row], digests: Mapping[Any, str]) -> None:
    """Add `output_digest` to each row, None for an event without an output."""
    for row in paced_if_many(rows, len(rows)):
        row["output_digest"] = digests.get(row["event_id"])


def render(run: Row, rows: list[Row], cycle: set[str], max_depth: int | None) -> bytes:
    """Render the rows of a trace as a table in the order of the tree."""
    tree = Tree(rows, cycle)
    head = head_of(run, len(rows))
    head["critical_path"] = critical_path(rows)
    names, table = table_of(tree, max_depth)
    head["events_omitted"] = len(rows) - len(table)
    head["columns"] = ["depth", "children_count", "cycle", *names]
    return b"".join([orjson.dumps(head)[:-1], b',"rows":[', *paced(listed(table)), b"]}"])


def table_of(tree: Tree, max_depth: int | None) -> tuple[list[str], list[list[Any]]]:
    """The names of the figures, and for each event its place in the tree and its figures."""
    table: list[list[Any]] = []
    names: list[str] = []
    for row, depth in paced_if_many(tree.walk(max_depth), len(tree.rows)):
        names = names or [name for name in row if name not in NOT_IN_ROW]
        children = len(tree.children.get(row["event_id"], ()))
        figures = [row[name] for name in names]
        table.append([depth, children, row["event_id"] in tree.cycle, *figures])
    return names, table
