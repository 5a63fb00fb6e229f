"""Which tables Citus spreads over its nodes, and what a statement says of them."""

from tests.sql.trees import LEVELS, Tree, fields, of_kind, own, tables

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
