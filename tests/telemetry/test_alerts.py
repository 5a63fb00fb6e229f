"""The alert rules ask only for what the service tells, with the labels that it has."""

import re
from typing import Any

import promql_parser
import pytest
from ruamel.yaml import YAML

from service.resources.health.reasons import TEXTS
from tests.processes.harness import REPOSITORY
from tests.telemetry.promql import PROMETHEUS, parts

FOLDER = REPOSITORY / "deploy" / "prometheus"
RULES = FOLDER / "alerts.yml"
# What a service tells only with an embedded PostgreSQL, with replicas, with an unknown model; and
# what Prometheus itself tells.
SOMETIMES: dict[str, set[str]] = {
    "gati_storage_free_bytes": set(),
    "gati_replica_in_use": {"replica", "server"},
    "gati_model_without_price": {"model"},
    "up": set(),
}


def rules() -> list[dict[str, Any]]:
    """Every rule."""
    document = YAML(typ="safe").load(RULES)
    return [rule for group in document["groups"] for rule in group["rules"]]


def named(rule: dict[str, Any]) -> str:
    """The name of a rule."""
    return str(rule["alert"])


def test_prometheus_loads_them() -> None:
    configuration = YAML(typ="safe").load(FOLDER / "prometheus.yml")
    assert configuration["rule_files"] == [RULES.name]
    names = [named(rule) for rule in rules()]
    assert len(names) == len(set(names)) > 10


@pytest.mark.parametrize("rule", rules(), ids=named)
def test_a_rule_asks_for_what_is_told(told: dict[str, set[str]], rule: dict[str, Any]) -> None:
    known = SOMETIMES | told
    found = list(parts(promql_parser.parse(rule["expr"])))
    selectors = [part for part in found if isinstance(part, promql_parser.VectorSelector)]
    assert selectors
    for one in selectors:
        matched = {matcher.name: matcher.value for matcher in one.matchers.matchers}
        assert set(matched) <= known[str(one.name)] | PROMETHEUS
        if one.name == "gati_health_reason":
            assert matched["code"] in TEXTS
    labels = PROMETHEUS.union(*(known[str(one.name)] for one in selectors))
    for part in found:
        if isinstance(part, promql_parser.AggregateExpr) and part.modifier:
            assert set(part.modifier.labels) <= labels


@pytest.mark.parametrize("rule", rules(), ids=named)
def test_a_rule_says_how_bad_it_is_and_what_it_means(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert re.search(r"\w+ \w+", rule["annotations"]["summary"])
    assert re.fullmatch(r"\d+[mh]", rule.get("for", "0m"))
