"""A trace of 100,000 events takes seconds: each loop over its events lets other requests run."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from service.core import cooperative
from service.resources.export.otlp import agents_of
from service.resources.trace.flat import table_of
from service.resources.trace.full import outline, render_trace
from service.resources.trace.render import ROWS_AT_ONCE, listed, write_nested
from service.resources.trace.ties import in_order
from service.resources.trace.tree import Tree, find_cycles

pytestmark = pytest.mark.unit

COUNT = 2 * ROWS_AT_ONCE + 1
COLUMNS = (
    "name",
    "status",
    "repeats",
    "graph_structure",
    "execution_flow",
    "model",
    "latency_ms",
    "cost",
)


def chain() -> list[dict[str, Any]]:
    """Rows as of runs/trace, all of one moment, each the parent of the next."""
    return [
        dict.fromkeys(COLUMNS)
        | {
            "event_id": str(number),
            "parent_event_id": str(number - 1) if number else None,
            "previous_event_id": None,
            "tree_parent_id": str(number - 1) if number else None,
            "event_type": "step",
            "timestamp": "now",
            "depth": None,
            "tie": number,
        }
        for number in range(COUNT)
    ]


LOOPS: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "order": in_order,
    "agents": agents_of,
    "tree": lambda rows: Tree(rows, set()),
    "cycles": lambda rows: find_cycles([rows[0] | {"tree_parent_id": str(COUNT - 1)}, *rows[1:]]),
    "flat": lambda rows: table_of(Tree(rows, set()), None),
    "nested": lambda rows: list(
        write_nested(Tree(rows, set()), [(row, 0) for row in rows], None, ())
    ),
}


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One item for each time that others could have run, were all time over at once."""
    found: list[None] = []
    monkeypatch.setattr(cooperative, "LONGEST_RUN_SECONDS", 0)
    monkeypatch.setattr(cooperative, "yield_to_requests", lambda: found.append(None))
    return found


@pytest.mark.parametrize("loop", LOOPS)
def test_each_loop_over_the_events_pauses(loop: str, pauses: list[None]) -> None:
    LOOPS[loop](chain())
    assert len(pauses) >= (3 if loop in ("flat", "nested") else 1) * COUNT


def test_the_flat_list_is_written_in_parts(pauses: list[None]) -> None:
    rows = [outline(row, 0) for row in chain()]
    parts = list(listed(rows))
    assert len(parts) == 3
    assert b"[" + b"".join(parts) + b"]" == orjson.dumps(rows)
    assert list(listed([])) == []
    run: dict[str, Any] = defaultdict(lambda: None)
    text = render_trace(run, in_order([row | {"depth": 0} for row in chain()]), max_depth=3)
    assert len(orjson.loads(text)["events"]) == 4
    assert len(pauses) >= 4 * COUNT  # with the order, the tree and the first of a column
