"""Columns are named, so that a migration changes no prepared statement's result.

An old version serves on beside a newer schema. PostgreSQL refuses a prepared statement whose
columns changed: 0A000, "cached plan must not change result type". A `*` in a CTE below a list of
names would be harmless, but is a `*` that the next edit may move outside, so none is allowed.
`count(*)` is no list of columns.
"""

from pathlib import Path

import psycopg
import pytest

from service.db.connections import connect
from service.db.queries import DISTRIBUTED, Connection
from service.db.query_check import statement
from service.db.session_settings import WRITE
from tests.sql.test_citus import DEFINITIONS
from tests.sql.test_contract import ALL, BINDABLE, examples_of, executed, header_of, prepare
from tests.sql.trees import of_kind, statements

# Each gets one more column, as the last: what a migration beside a running service may do.
WIDER_TABLES = """
SELECT format('ALTER TABLE %s ADD COLUMN added_later integer', c.oid::regclass) AS change
  FROM pg_class AS c
 WHERE c.relnamespace = 'public'::regnamespace
   AND c.relkind IN ('r', 'p')
   AND NOT c.relispartition
"""
WIDER_VIEWS = """
SELECT format('CREATE OR REPLACE VIEW %s AS SELECT v.*, 1 AS added_later FROM (%s) AS v',
              c.oid::regclass, rtrim(pg_get_viewdef(c.oid), ';')) AS change
  FROM pg_class AS c
 WHERE c.relnamespace = 'public'::regnamespace
   AND c.relkind = 'v'
"""


@pytest.mark.parametrize("name", ALL)
def test_a_query_names_its_columns(name: str) -> None:
    query = ALL[name]
    for given in ((), query.optional, (DISTRIBUTED,), {*query.optional, DISTRIBUTED}):
        text = statement(query, query.variant(given), examples_of(name))
        assert of_kind(statements(text), "A_Star") == []


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_definition_names_its_columns(path: Path) -> None:
    assert of_kind(statements(path.read_text()), "A_Star") == []


@pytest.mark.one_server("its plans are made anew each time")
def test_prepared_statements_outlive_a_migration_that_adds_columns(
    database_url: str, conn: Connection
) -> None:
    with connect(database_url, WRITE, "test") as prepared:
        prepared.autocommit = True
        for name in BINDABLE:
            prepare(prepared, ALL[name], header_of(name).params, name=name)
        for changes in (WIDER_TABLES, WIDER_VIEWS):
            for row in conn.execute(changes).fetchall():
                conn.execute(row["change"])
        refused = []
        for name in BINDABLE:
            try:
                prepared.execute(f"EXPLAIN {executed(name, name)}")
            except psycopg.errors.FeatureNotSupported:
                refused.append(name)
    assert refused == []
