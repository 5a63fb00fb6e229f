"""What Citus takes of functions: rules like those of citus_rules.py."""

from collections.abc import Callable

from tests.sql.citus_tables import SPREAD, equal_keys, reaches_out, spread
from tests.sql.trees import LEVELS, Tree, fields, of_kind, own

OF_A_MOMENT = {"now", "clock_timestamp", "pg_current_xact_id", "gen_random_uuid", "random"}
# No function of these is IMMUTABLE.
STABLE = {
    *("jsonb_build_object", "jsonb_build_array", "jsonb_agg", "jsonb_object_agg", "to_jsonb"),
    *(
        "jsonb_to_record",
        "jsonb_to_recordset",
        "jsonb_populate_record",
        "concat",
        "concat_ws",
        "format",
    ),
}
ARRAYS = {"pending_ends", "awaited_spans", "tags"}  # of which a text is made by a STABLE function
READ_TABLES = {"latency_percentiles"}  # SQL functions that read a table


def name_of(call: Tree) -> str:
    """The name of a function that is called."""
    return str(call["funcname"][-1]["sval"])


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


def changes_call_nothing_stable(statement: Tree) -> list[str]:
    """A change of a spread table gives no column to a STABLE function, nor casts one so."""
    wrong = []
    for change in of_kind(statement, "UpdateStmt", "DeleteStmt"):
        if change["relation"]["relname"] in SPREAD:
            level = {**change, "withClause": None}  # what a CTE calls, it has called before
            calls = [call for call in of_kind(level, "FuncCall") if name_of(call) in STABLE]
            casts = [cast for cast in of_kind(level, "TypeCast") if is_stable(cast)]
            wrong += [f"{name_of(call)}()" for call in calls if of_kind(call, "ColumnRef")]
            wrong += [
                f"{fields(column)} is cast" for c in casts for column in of_kind(c, "ColumnRef")
            ]
    return wrong


def is_stable(cast: Tree) -> bool:
    """Whether a column becomes an array, or an array a text."""
    if cast["typeName"].get("arrayBounds"):
        return bool(cast["arg"]["@"] == "ColumnRef")
    return any(fields(column)[-1] in ARRAYS for column in of_kind(cast["arg"], "ColumnRef"))


def records_stand_beside_rows(statement: Tree) -> list[str]:
    """jsonb_to_record of a spread table's row is beside that table, not in a query for each row.

    But where all rows are of one run, whose node is then sent the text as it is.
    """
    return [
        f"{name_of(call)}() for each of {sorted(outer)}"
        for level in of_kind(statement, *LEVELS)
        if spread(level) and not any("$" in str(group) for group in equal_keys(level))
        for query in of_kind(level, "SelectStmt")
        if query is not level and (outer := reaches_out(query) & spread(level))
        for function in own(query)
        if function["@"] == "RangeFunction"
        for call in of_kind(function, "FuncCall")
        if name_of(call).startswith("jsonb_to_record")
    ]


def functions_with_tables_stay_apart(statement: Tree) -> list[str]:
    """Citus plans no table that the text does not name: WITH ORDINALITY is not inlined."""
    reads = any(spread(level) for level in of_kind(statement, *LEVELS))
    return [
        name_of(call)
        for function in of_kind(statement, "RangeFunction")
        if reads and not function.get("ordinality")
        for call in of_kind(function, "FuncCall")
        if name_of(call) in READ_TABLES
    ]


def views_read_something(statement: Tree) -> list[str]:
    """A view of constants goes to the workers, and never becomes one of a local table."""
    return [
        view["view"]["relname"]
        for view in of_kind(statement, "ViewStmt")
        if not of_kind(view, "RangeVar")[1:]
    ]


RULES: list[Callable[[Tree], list[str]]] = [
    updates_on_conflict_are_constant,
    choices_are_immutable,
    expressions_have_rows,
    sizes_are_of_stored_rows,
    changes_call_nothing_stable,
    records_stand_beside_rows,
    functions_with_tables_stay_apart,
    views_read_something,
]
