"""SQL as PostgreSQL's own parser sees it: trees of dicts, whose kind is at "@"."""

from collections.abc import Callable, Iterator
from typing import Any

from pglast import parse_sql

Tree = dict[str, Any]

LEVELS = ("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt")


def statements(text: str) -> list[Tree]:
    """The statements of an SQL text."""
    return [parsed.stmt(skip_none=True) for parsed in parse_sql(text) if parsed.stmt]


def nodes(tree: Any, below: Callable[[Tree], bool] = lambda _: True) -> Iterator[Tree]:
    """Every node of a tree, itself first; not what is in nodes that are not to be looked below."""
    if isinstance(tree, tuple | list):
        for item in tree:
            yield from nodes(item, below)
    elif isinstance(tree, dict):
        if "@" in tree:
            yield tree
        if below(tree):
            for value in tree.values():
                yield from nodes(value, below)


def of_kind(tree: Any, *kinds: str) -> list[Tree]:
    """The nodes of these kinds."""
    return [node for node in nodes(tree) if node["@"] in kinds]


def own(level: Tree) -> list[Tree]:
    """The nodes of one level of a statement: not those of the queries inside it."""
    return list(nodes(level, lambda node: node is level or node.get("@") not in LEVELS))


def tables(level: Tree) -> dict[str, str]:
    """What one level reads or changes: alias -> table."""
    return {
        node.get("alias", {}).get("aliasname", node["relname"]): node["relname"]
        for part in ("relation", "fromClause", "usingClause")
        for node in nodes(level.get(part), lambda node: node.get("@") not in LEVELS)
        if node["@"] == "RangeVar"
    }


def fields(column: Tree) -> list[str]:
    """The parts of a column's name."""
    return [part.get("sval", "") for part in column.get("fields", ())]
