"""Every SQL file keeps to what Citus can run, by PostgreSQL's own parser; no Citus is needed."""

import re
from pathlib import Path

import pytest

from service.db.queries import DISTRIBUTED, SQL_DIRECTORY, Query, queries
from tests.sql.citus_rules import RULES, findings
from tests.sql.test_contract import examples_of

ROOT = SQL_DIRECTORY.parent
# What is made, as it is and as it came to be.
DEFINITIONS = sorted(
    [*(SQL_DIRECTORY / "schema").glob("*.sql"), *(ROOT / "migrations").glob("*.sql")]
)
# Shipped with what Citus does not plan; 0029.errors-on-citus replaced the views.
REPLACED = {
    *("0019.one-error-text", "0024.token-parts", "0027.large-names", "0028.vertical-tabs"),
    *("0028.vertical-tabs.rollback", "0029.errors-on-citus.rollback"),
}
UNPLANNED = ("records_stand_beside_rows", "changes_call_nothing_stable")
BAD_SQL = Path(__file__).with_name("citus_bad.sql")
QUERIES = {query.name: query for query in queries.all()}

BAD = re.findall(r"^-- (\w+)\n(.*?;)$", BAD_SQL.read_text(), re.DOTALL | re.MULTILINE)


def texts(query: Query) -> set[str]:
    """What Citus is sent: without optional parameters, and with all."""
    found = set()
    for chosen in (frozenset[str](), query.optional):
        variant = query.variant({*chosen, DISTRIBUTED})
        text = variant.with_identifiers(examples_of(query.name))
        for number, name in enumerate(sorted(variant.params), 1):
            text = text.replace(f"%({name})s", f"${number}")
        found.add(text.replace("%%", "%"))
    return found


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_one_that_citus_runs(name: str) -> None:
    for text in texts(QUERIES[name]):
        assert findings(text) == [], text


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_definition_is_one_that_citus_has(path: Path) -> None:
    found = findings(path.read_text())
    if path.stem in REPLACED:
        found = [finding for finding in found if not finding.startswith(UNPLANNED)]
    assert found == []


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_a_rule_finds_what_breaks_it_and_no_other_does(rule: str, text: str) -> None:
    assert {found.split(":")[0] for found in findings(text)} == {rule}


def test_every_rule_has_an_example_that_breaks_it() -> None:
    assert {rule for rule, _ in BAD} == {rule.__name__ for rule in RULES}
