"""What a statement must keep to so that Citus runs it too, as far as its text tells.

Each rule takes a statement as PostgreSQL's own parser sees it and gives what is wrong with it.
Found out on Citus 13: what breaks a rule is refused there, or silently reads whole tables.
"""

from collections.abc import Callable
from itertools import pairwise

from tests.sql import citus_functions
from tests.sql.citus_tables import KEY, SPREAD, equal_keys, reaches_out, side_of, spread
from tests.sql.trees import LEVELS, Tree, nodes, of_kind, own, statements, tables

NAMED = {"CONSTR_PRIMARY", "CONSTR_UNIQUE", "CONSTR_FOREIGN", "CONSTR_CHECK", "CONSTR_EXCLUSION"}


def no_cycle_or_search(statement: Tree) -> list[str]:
    """Neither clause of recursive queries."""
    return [
        f"{clause} of {node['ctename']}"
        for node in of_kind(statement, "CommonTableExpr")
        for clause in ("cycle_clause", "search_clause")
        if clause in node
    ]


def no_merge(statement: Tree) -> list[str]:
    """MERGE knows no distributed table in general."""
    return [f"MERGE into {tables(node)}" for node in of_kind(statement, "MergeStmt")]


def no_grouping_sets(statement: Tree) -> list[str]:
    """Nor ROLLUP and CUBE."""
    return [node["kind"]["name"] for node in of_kind(statement, "GroupingSet")]


def no_row_triggers(statement: Tree) -> list[str]:
    """A distributed table has no triggers."""
    return [node["trigname"] for node in of_kind(statement, "CreateTrigStmt") if node.get("row")]


def constraints_are_named(statement: Tree) -> list[str]:
    """Shards are told apart by what is put behind the names."""
    return [
        node["contype"]["name"]
        for node in of_kind(statement, "Constraint")
        if node["contype"]["name"] in NAMED and "conname" not in node
    ]


def joined_by_run(statement: Tree) -> list[str]:
    """Whatever joins spread tables says that their run_ids are equal, so that each node can."""
    wrong = []
    for level in of_kind(statement, *LEVELS):
        here = sorted(spread(level))
        for one, other in pairwise(here):
            if not any({one, other} <= group for group in equal_keys(level)):
                wrong.append(f"{one} and {other}")
    return wrong


def locked_one_by_one(statement: Tree) -> list[str]:
    """FOR UPDATE locks rows of one shard: those of one run."""
    return [
        f"FOR UPDATE of {alias}"
        for level in of_kind(statement, "SelectStmt")
        for clause in level.get("lockingClause", ())
        for alias in spread(level)
        if alias in locked(clause, level)
        and not any(alias in group and "$" in str(group) for group in equal_keys(level))
    ]


def locked(clause: Tree, level: Tree) -> set[str]:
    """The aliases that a locking clause is for."""
    named = {node["relname"] for node in clause.get("lockedRels", ())}
    return named or set(tables(level))


def asked_by_their_key(statement: Tree) -> list[str]:
    """A query inside another that looks at spread tables depends on none of its rows.

    But on those that lie on the same node: of spread tables, by run_id.
    """
    wrong = []
    for level in of_kind(statement, *LEVELS):
        for node in own(level):
            is_lateral = node["@"] == "RangeSubselect" and node.get("lateral")
            if node["@"] != "SubLink" and not is_lateral:
                continue
            query = node["subselect" if node["@"] == "SubLink" else "subquery"]
            inner = set().union(*(spread(inside) for inside in of_kind(query, *LEVELS)))
            outer = reaches_out(query)
            if inner and outer - spread(level):
                wrong.append(f"{sorted(inner)} for each of {sorted(outer)}")
                continue
            same = outer.union(*(group for group in equal_keys(level) if group & outer))
            if inner and outer and not any(g & inner and g & same for g in equal_keys(query)):
                wrong.append(f"{sorted(inner)} for each of {sorted(outer)}, not by {KEY}")
    return wrong


def lists_name_their_runs(statement: Tree) -> list[str]:
    """What joins a list of runs also says `= ANY` of it, or every shard is asked."""
    wrong = []
    for level in of_kind(statement, *LEVELS):
        lists = {
            node["alias"]["aliasname"]
            for node in own(level)
            if node["@"] == "RangeFunction" and "alias" in node
        }
        named = {
            side_of(node["lexpr"])
            for node in own(level)
            if node["@"] == "A_Expr" and node["kind"]["name"] == "AEXPR_OP_ANY"
        }
        wrong += [
            f"{sorted(group & spread(level))} by {sorted(group & lists)}"
            for group in equal_keys(level)
            if group & lists and group & spread(level) and not group & named
        ]
    return wrong


def keys_stay(statement: Tree) -> list[str]:
    """A row never moves to another node."""
    updates = [
        (node["relation"]["relname"], node.get("targetList", ()))
        for node in of_kind(statement, "UpdateStmt")
    ] + [
        (node["relation"]["relname"], node["onConflictClause"].get("targetList", ()))
        for node in of_kind(statement, "InsertStmt")
        if "onConflictClause" in node
    ]
    return [
        f"{table}.{KEY} is set"
        for table, targets in updates
        if table in SPREAD and any(target.get("name") == KEY for target in targets)
    ]


def counts_come_from_returning(statement: Tree) -> list[str]:
    """Of DO NOTHING, Citus reports how many rows were given, not how many were new."""
    return [
        f"INSERT into {node['relation']['relname']}"
        for node in of_kind(statement, "InsertStmt")
        if node.get("onConflictClause", {}).get("action", {}).get("name") == "ONCONFLICT_NOTHING"
        and node["relation"]["relname"] in SPREAD
        and "returningClause" not in node
    ]


def nobody_reads_what_a_sibling_writes(statement: Tree) -> list[str]:
    """Citus runs the parts one after the other; PostgreSQL gives all of them one snapshot."""
    changes = of_kind(statement, "InsertStmt", "UpdateStmt", "DeleteStmt")
    targets = [id(node["relation"]) for node in changes]
    wrong = []
    for change in changes:
        inside = {id(node) for node in nodes(change)}
        table = change["relation"]["relname"]
        wrong += [
            f"{table} is read beside its change"
            for node in of_kind(statement, "RangeVar")
            if node["relname"] == table and id(node) not in inside and id(node) not in targets
            if change is not statement  # what its own CTEs read, they have read before
        ]
    return wrong


def coordinators_tables_stand_apart(statement: Tree) -> list[str]:
    """A table of the coordinator meets spread ones in a CTE; and is changed without them."""
    local = {node["ctename"] for node in of_kind(statement, "CommonTableExpr")}
    wrong = []
    for level in of_kind(statement, *LEVELS):
        others = {
            alias for alias, table in tables(level).items() if table not in SPREAD | local
        } - {alias for alias, table in tables(level).items() if table.startswith("pg_")}
        if level["@"] != "InsertStmt" and spread(level) and others:
            wrong.append(f"{sorted(others)} beside {sorted(spread(level))}")
        if level["@"] in ("UpdateStmt", "DeleteStmt") and not spread(level):
            asked = {alias for inner in of_kind(level, *LEVELS) for alias in spread(inner)}
            wrong += [f"{tables(level)} is changed by {alias}" for alias in sorted(asked)]
    return wrong


def outer_joins_begin_with_spread_tables(statement: Tree) -> list[str]:
    """Behind LEFT JOIN, a spread table is read as a whole, unless one is before it."""
    return [
        f"LEFT JOIN {sorted(right)}"
        for join in of_kind(statement, "JoinExpr")
        if join["jointype"]["name"] == "JOIN_LEFT"
        and (right := spread({"fromClause": join["rarg"]}))
        and not spread({"fromClause": join["larg"]})
    ]


RULES: list[Callable[[Tree], list[str]]] = [
    no_cycle_or_search,
    no_merge,
    no_grouping_sets,
    no_row_triggers,
    constraints_are_named,
    joined_by_run,
    locked_one_by_one,
    asked_by_their_key,
    lists_name_their_runs,
    keys_stay,
    counts_come_from_returning,
    nobody_reads_what_a_sibling_writes,
    coordinators_tables_stand_apart,
    outer_joins_begin_with_spread_tables,
    *citus_functions.RULES,
]


def findings(text: str) -> list[str]:
    """What breaks a rule in an SQL text."""
    return [
        f"{rule.__name__}: {found}"
        for statement in statements(text)
        for rule in RULES
        for found in rule(statement)
    ]
