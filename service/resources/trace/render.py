"""The events of a tree as nested JSON, joined by hand because orjson nests up to 254 levels."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import orjson

from service.core.cooperative import paced_if_many
from service.db.queries import Row
from service.resources.trace.tree import Tree

ROWS_AT_ONCE = 1_000
MAX_TREE_DEPTH = 400  # 800 levels of JSON; parsers fail soon after
FIELDS = ("session_id", "user_id", "tags", "version", "first_error")


def write_nested(
    tree: Tree,
    nodes: list[tuple[Row, int]],
    max_depth: int | None,
    not_in_node: tuple[str, ...],
) -> Iterator[bytes]:
    """Yield the nodes as JSON in the order of Tree.walk, each after the brackets that it closes.

    Nodes below `max_depth` or MAX_TREE_DEPTH are skipped. A row is changed into its node, without
    the columns `not_in_node`, because copies of 10,000 rows take 15 ms.
    """
    deepest = MAX_TREE_DEPTH if max_depth is None else min(max_depth, MAX_TREE_DEPTH)
    open_nodes = 0
    for row, depth in paced_if_many(nodes, len(nodes)):
        if depth > deepest:
            continue
        if open_nodes > depth:
            yield b"]}" * (open_nodes - depth) + b","
        for name in not_in_node:
            del row[name]
        row["depth"] = depth
        if row["repeats"] is None:
            del row["repeats"]
        else:
            row["counted"] = False
        if row["event_id"] in tree.cycle:
            row["cycle"] = True
        if depth == deepest and row["event_id"] in tree.children:
            row["truncated"] = True
        yield orjson.dumps(row)[:-1] + b',"children":['
        open_nodes = depth + 1
    yield b"]}" * open_nodes


def listed(rows: Iterable[Any]) -> Iterator[bytes]:
    """Yield rows as the items of a JSON list, a part at a time: 100,000 take 0.1 s."""
    before, items = b"", iter(rows)
    while part := list(islice(items, ROWS_AT_ONCE)):
        yield before + orjson.dumps(part)[1:-1]
        before = b","


def head_of(run: Row, event_count: int) -> Row:
    """The members of a response that describe the run itself."""
    return {
        "run_id": run["run_id"],
        "run_name": run["run_name"],
        "agent_name": run["agent_name"],
        "status": run["status"],
        "started_at": run["started_at"],
        "ended_at": run["ended_at"],
        "last_event_at": run["last_event_at"],
        "total_cost": run["total_cost"],
        "total_duration_ms": run["total_duration_ms"],
        "total_tokens_in": run["tokens_in"],
        "total_tokens_out": run["tokens_out"],
        "total_cached_tokens": run["cached_tokens"],
        "total_cache_write_tokens": run["cache_write_tokens"],
        "total_reasoning_tokens": run["reasoning_tokens"],
        "event_count": event_count,
        **{name: run[name] for name in FIELDS},
        "score_count": run["score_count"],
        "scores": run["scores"],
    }


def with_tree(head: Row, tree: Iterable[bytes], *more: bytes) -> bytes:
    """The response: its head, `execution_tree`, and members that are JSON already."""
    return b"".join([orjson.dumps(head)[:-1], b',"execution_tree":[', *tree, b"]", *more, b"}"])
