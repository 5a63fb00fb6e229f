"""What the headers of migrations say is what their statements do."""

import re
from collections.abc import Iterator

import pytest

from service.db.migration_headers import (
    loss_words,
    losses_of,
    rollback_text,
    why_unsafe,
)
from service.db.schema_version import DIRECTORY, known_names
from tests.sql.trees import Tree, nodes, of_kind, statements

NAMES = sorted(known_names())
AGAIN = re.compile(r"^-- again    (.+(?:\n--          .+)*)", re.M)
DROPPED_KINDS = ("OBJECT_TABLE", "OBJECT_MATVIEW")


def filled_again(text: str) -> set[str]:
    """The tables and columns in the header's field `again`."""
    return {name for lines in AGAIN.findall(text) for name in re.findall(r"[\w.]+", lines)}


def taken(text: str) -> set[str]:
    """What the statements take rows or values from: tables, and columns as TABLE.COLUMN."""
    return {name for statement in statements(text) for name in taken_by(statement)}


def taken_by(statement: Tree) -> Iterator[str]:
    """The same, of one statement and those inside it."""
    for node in nodes(statement):
        kind = node["@"]
        if kind == "DropStmt" and node["removeType"]["name"] in DROPPED_KINDS:
            yield from (names[-1]["sval"] for names in node["objects"])
        elif kind == "AlterTableStmt":
            dropped = of_kind(node.get("cmds"), "AlterTableCmd")
            for command in dropped:
                if command["subtype"]["name"] == "AT_DropColumn":
                    yield f"{node['relation']['relname']}.{command['name']}"
        elif kind == "DeleteStmt":
            yield node["relation"]["relname"]
        elif kind == "UpdateStmt":
            yield from (
                f"{node['relation']['relname']}.{set_['name']}" for set_ in node["targetList"]
            )
        elif kind == "TruncateStmt":
            yield from (relation["relname"] for relation in node["relations"])


@pytest.mark.parametrize("name", NAMES)
def test_a_rollback_names_all_that_it_takes(name: str) -> None:
    text = rollback_text(name)
    lost = {target for loss in losses_of([name]) for target in loss.targets}
    named, found = lost | filled_again(text), taken(text)
    assert {target for target in found if not {target, target.partition(".")[0]} & named} == set()
    tables = {target.partition(".")[0] for target in found}
    assert named <= found | tables
    assert lost <= found  # each is counted before it goes
    assert lost.isdisjoint(filled_again(text))
    assert len(re.findall(r"^-- lost ", text, re.M)) == len(losses_of([name]))


def test_each_loss_has_a_word_of_its_own() -> None:
    words = loss_words()
    assert len(set(words)) == len(words)
    assert {"events", "metrics", "keys", "tools", "token-parts"} <= {*words}


def test_a_drop_of_each_kind_is_seen() -> None:
    text = """
        DROP TABLE a;
        DROP MATERIALIZED VIEW b;
        ALTER TABLE c DROP COLUMN one, DROP COLUMN two, ADD COLUMN three int;
        WITH gone AS (DELETE FROM d RETURNING d.n) INSERT INTO e SELECT g.n FROM gone AS g;
        UPDATE f SET one = 1, two = 2;
        TRUNCATE g, h;
        DROP VIEW i;
    """
    assert taken(text) == {"a", "b", "c.one", "c.two", "d", "f.one", "f.two", "g", "h"}


@pytest.mark.parametrize("name", NAMES)
def test_a_migration_says_whether_older_code_survives_it(name: str) -> None:
    said = re.findall(r"^-- safe     (yes|no): (.+)", (DIRECTORY / f"{name}.sql").read_text(), re.M)
    assert len(said) == 1
    why = why_unsafe(name)
    assert why == (said[0][1] if said[0][0] == "no" else None)
    assert why is None or why.startswith("stop the service first; ")
