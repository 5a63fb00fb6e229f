"""What a statement must keep to so that Citus runs it too, as far as its text tells.

Each rule takes a statement as PostgreSQL's own parser sees it and gives what is wrong with it.
Found out on Citus 13: what breaks a rule is refused there, or silently reads whole tables.
"""

from collections.abc import Callable
from itertools import pairwise

from tests.sql.trees import LEVELS, Tree, fields, nodes, of_kind, own, statements, tables

# The tables that are spread by run_id, and the views over them; all else is the coordinator's.
TABLES = {"runs", "events", "events_default", "expired_runs", "scores"}
VIEWS = {
    *(
        "run_details",
        "listed_runs",
        "event_details",
        "priced_events",
        "exported_runs",
        "shown_runs",
        "paged_runs",
        "written_runs",
        "run_metrics",
        "counted_metrics",
    ),
    *("event_times", "run_facts", "event_errors", "error_texts", "event_fields", "run_fields"),
    "score_details",
}
SPREAD = frozenset(TABLES | VIEWS)
KEY = "run_id"
OF_A_MOMENT = {"now", "clock_timestamp", "pg_current_xact_id", "gen_random_uuid", "random"}
NAMED = {"CONSTR_PRIMARY", "CONSTR_UNIQUE", "CONSTR_FOREIGN", "CONSTR_CHECK", "CONSTR_EXCLUSION"}


def spread(level: Tree) -> set[str]:
    """The aliases of one level that are spread tables."""
    return {alias for alias, table in tables(level).items() if table in SPREAD}


def equal_keys(level: Tree) -> list[set[str]]:
    """Groups of what has the same run_id on one level: aliases, and parameters as $1."""
    groups: list[set[str]] = []
    for node in own(level):
        if node["@"] == "A_Expr" and node["kind"]["name"] == "AEXPR_OP":
            sides = [side_of(node.get("lexpr")), side_of(node.get("rexpr"))]
            if all(sides) and node["name"][-1]["sval"] == "=":
                together = {str(side) for side in sides}
                for group in [group for group in groups if group & together]:
                    together |= group
                    groups.remove(group)
                groups.append(together)
    return groups


def side_of(side: Tree | None) -> str | None:
    """The alias whose run_id one side of an equation is, or the parameter."""
    while side and side["@"] == "TypeCast":
        side = side["arg"]
    if side and side["@"] == "ParamRef":
        return f"${side['number']}"
    if side and side["@"] == "ColumnRef" and fields(side)[-1] == KEY:
        return fields(side)[0]
    return None


def reaches_out(query: Tree) -> set[str]:
    """The aliases that a query names and does not have: those of the query around it."""
    inside = {
        alias
        for level in of_kind(query, *LEVELS)
        for node in own(level)
        for alias in [node.get("alias", {}).get("aliasname", node.get("relname"))]
        if node["@"] in ("RangeVar", "RangeSubselect", "RangeFunction")
    }
    named = {fields(column)[0] for column in of_kind(query, "ColumnRef") if len(fields(column)) > 1}
    return named - inside


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
            elif inner and outer and not any(g & inner and g & outer for g in equal_keys(query)):
                wrong.append(f"{sorted(inner)} for each of {sorted(outer)}, not by {KEY}")
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


def updates_on_conflict_are_constant(statement: Tree) -> list[str]:
    """DO UPDATE SET calls no function on a spread table: excluded has its value."""
    return [
        f"{call['funcname'][-1]['sval']}() for {node['relation']['relname']}"
        for node in of_kind(statement, "InsertStmt")
        if node["relation"]["relname"] in SPREAD
        for call in of_kind(node.get("onConflictClause"), "FuncCall")
    ]


def choices_are_immutable(statement: Tree) -> list[str]:
    """What is written to a spread table calls nothing of a moment or transaction within CASE."""
    return [
        f"{call['funcname'][-1]['sval']}() for {node['relation']['relname']}"
        for node in of_kind(statement, "UpdateStmt", "InsertStmt")
        if node["relation"]["relname"] in SPREAD
        for choice in of_kind(node, "CaseExpr", "CoalesceExpr")
        for call in of_kind(choice, "FuncCall")
        if call["funcname"][-1]["sval"] in OF_A_MOMENT
    ]


def expressions_have_rows(statement: Tree) -> list[str]:
    """A query without FROM, for each row of a spread table, calls no function: Citus knows none."""
    return [
        f"{call['funcname'][-1]['sval']}() for each of {sorted(outer)}"
        for level in of_kind(statement, *LEVELS)
        for node in own(level)
        if node["@"] == "RangeSubselect" and node.get("lateral")
        if "fromClause" not in node["subquery"]
        if (outer := reaches_out(node["subquery"]) & spread(level))
        for call in of_kind(node["subquery"], "FuncCall")
    ]


def sizes_are_of_stored_rows(statement: Tree) -> list[str]:
    """Rows are measured where they lie: elsewhere each would come along with all its data.

    What is made of a row beside it is no stored row.
    """
    return [
        f"{call['funcname'][-1]['sval']}() of {fields(column)}"
        for level in of_kind(statement, *LEVELS)
        for call in own(level)
        if call["@"] == "FuncCall" and call["funcname"][-1]["sval"].startswith("pg_column_")
        for column in of_kind(call, "ColumnRef")
        if fields(column)[0] not in spread(level) | made_beside(level)
    ]


def made_beside(level: Tree) -> set[str]:
    """The aliases of one level that are made of the others, LATERAL."""
    return {
        node["alias"]["aliasname"]
        for node in own(level)
        if node["@"] == "RangeSubselect" and node.get("lateral")
    }


RULES: list[Callable[[Tree], list[str]]] = [
    no_cycle_or_search,
    no_merge,
    no_grouping_sets,
    no_row_triggers,
    constraints_are_named,
    joined_by_run,
    locked_one_by_one,
    asked_by_their_key,
    keys_stay,
    counts_come_from_returning,
    nobody_reads_what_a_sibling_writes,
    coordinators_tables_stand_apart,
    outer_joins_begin_with_spread_tables,
    updates_on_conflict_are_constant,
    choices_are_immutable,
    expressions_have_rows,
    sizes_are_of_stored_rows,
]


def findings(text: str) -> list[str]:
    """What breaks a rule in an SQL text."""
    return [
        f"{rule.__name__}: {found}"
        for statement in statements(text)
        for rule in RULES
        for found in rule(statement)
    ]
