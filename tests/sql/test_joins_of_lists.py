"""No statement of the writer joins two lists row by row: 9,000 agents took nine seconds so.

The writer's session has neither hash nor merge joins. So a list, which has no index, is joined with
a table alone, which has one.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from service.db.connections import connect
from service.db.session_settings import WRITE
from tests.sql.test_contract import ALL, BINDABLE, executed, header_of, prepare

LISTS = ("CTE Scan", "Function Scan")
READ = {
    "events.enclosing", "events.figures", "events.figures_of_runs", "events.stored",
    "messages.events", "metrics.find_names", "runs.taken_names",
}  # fmt: skip
WRITERS = [
    name
    for name in BINDABLE
    if (ALL[name].writes or name in READ) and not name.startswith("roles.")
]
Node = dict[str, Any]


def nodes(node: Node) -> Iterator[Node]:
    """A node of a plan, and all below it."""
    yield node
    for child in node.get("Plans", ()):
        yield from nodes(child)


def compares_lists(node: Node) -> bool:
    """Whether a node compares each row of one side with each of a list."""
    if node["Node Type"] != "Nested Loop":
        return False
    inner = node["Plans"][1]
    return inner["Node Type"] in LISTS and ("Join Filter" in node or "Filter" in inner)


@pytest.mark.parametrize("database", ["filled_url", "prepared_url"])
@pytest.mark.parametrize("name", WRITERS)
def test_no_list_is_searched_for_each_row_of_another(
    request: pytest.FixtureRequest, database: str, name: str
) -> None:
    """Also where nothing is stored yet: a plan that is made then is kept."""
    with connect(request.getfixturevalue(database), WRITE, "test") as conn:
        prepare(conn, ALL[name], header_of(name).params)
        [row] = conn.execute(f"EXPLAIN (FORMAT JSON) {executed(name)}").fetchall()
    plan = row["QUERY PLAN"]
    root = plan[0].get("Plan", {"Node Type": "Utility"})
    assert [node for node in nodes(root) if compares_lists(node)] == []
