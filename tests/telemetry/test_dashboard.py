"""The Grafana dashboard asks only for what the service tells, with the labels that it has."""

import json
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest

from tests.processes.harness import REPOSITORY
from tests.telemetry.promql import PROMETHEUS, parts

FILE = REPOSITORY / "deploy" / "grafana" / "gati-backend.json"
VARIABLES = {"$__rate_interval": "1m", "$instance": ".*", "$route": ".*"}


def panels() -> list[dict[str, Any]]:
    """All that shows something."""
    found: list[dict[str, Any]] = json.loads(FILE.read_text())["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def expressions() -> Iterator[str]:
    """Every query, as Grafana sends it."""
    for panel in panels():
        for target in panel["targets"]:
            text = target["expr"]
            for name, value in VARIABLES.items():
                text = text.replace(name, value)
            assert "$" not in text, text
            yield text


@pytest.mark.parametrize("text", list(expressions()))
def test_a_query_asks_for_what_is_told(told: dict[str, set[str]], text: str) -> None:
    found = list(parts(promql_parser.parse(text)))
    selectors = [part for part in found if isinstance(part, promql_parser.VectorSelector)]
    assert selectors
    known = PROMETHEUS | set().union(*(told[str(one.name)] for one in selectors))
    for one in selectors:
        matched = {matcher.name for matcher in one.matchers.matchers}
        assert matched <= told[str(one.name)] | PROMETHEUS
        assert "instance" in matched, "it would mix what the choice of instances leaves out"
    for part in found:
        if isinstance(part, promql_parser.AggregateExpr) and part.modifier:
            assert set(part.modifier.labels) <= known


def test_its_panels_stand_beside_each_other_and_its_choices_are_of_figures(
    told: dict[str, set[str]],
) -> None:
    places: set[tuple[int, int]] = set()
    for panel in panels():
        x, y, w, h = (panel["gridPos"][name] for name in "xywh")
        cells = {(column, line) for column in range(x, x + w) for line in range(y, y + h)}
        assert x + w <= 24, panel["title"]
        assert not cells & places, panel["title"]
        places |= cells
    ids = [panel["id"] for panel in json.loads(FILE.read_text())["panels"]]
    assert len(ids) == len(set(ids))
    for variable in json.loads(FILE.read_text())["templating"]["list"][1:]:
        name, label = variable["definition"].removeprefix("label_values(")[:-1].split(", ")
        assert label in told[name] | PROMETHEUS
