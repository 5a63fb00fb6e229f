"""python -m service explain: the plans of the queries that the service runs."""

import argparse
from difflib import get_close_matches

import psycopg
from psycopg.rows import tuple_row

from service.cli.arguments import key_value
from service.cli.database import database_in_use
from service.cli.exit_codes import OK
from service.config import Config
from service.core.failure import Failure
from service.db import schema_version
from service.db.connections import connect
from service.db.queries import Connection, Query, queries
from service.db.query_check import first_fault
from service.db.session_settings import READ, WRITE

DESCRIPTION = """Print the plans of a query below sql/: the generic plan, as the service runs
prepared statements, and the plan for the given parameters. The query is executed in a
transaction that is rolled back."""
EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS)"
PLANS = {
    "force_generic_plan": "as the service runs it: prepared, one plan for all parameters",
    "force_custom_plan": "for these very parameters",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "query", metavar="AREA/NAME", nargs="?", help="such as runs/trace, or sql/runs/trace.sql"
    )
    parser.add_argument(
        "pairs", metavar="KEY=VALUE", nargs="*", type=key_value, help="parameters of the query"
    )
    parser.add_argument("--list", action="store_true", help="print the names of the queries")


def run(config: Config, options: argparse.Namespace) -> int:
    """Print the plans of sql/AREA/NAME.sql, or the names of all queries."""
    if options.list:
        print("\n".join(sorted(explainable())), flush=True)
        return OK
    if options.query is None:
        raise Failure("name a query, such as runs/trace; --list prints all")
    with database_in_use(config, "explain") as url:
        main(url, name_of(options.query), dict(options.pairs))
    return OK


def main(url: str, name: str, params: dict[str, str]) -> None:
    """Print both plans of sql/NAME.sql.

    Of a search only the custom plan is shown: most are planned for their values each time.
    """
    query = find_query(name)
    if params.keys() != query.expected(params):
        always = query.expected(())
        needed = " ".join(
            f"{param}=…" if param in always else f"[{param}=…]"
            for param in sorted(query.params | query.identifiers)
        )
        needed = needed or "no parameters"
        raise Failure(f"{name} takes {needed}: see the header of sql/{name}.sql")
    settings = WRITE if query.writes else READ
    with connect(url, settings, "explain") as conn:
        if fault := first_fault(conn, [query]):
            schema_version.check(url)
            raise Failure(fault)
    for mode, meaning in PLANS.items():
        if not query.is_prepared and mode == "force_generic_plan":
            continue
        with connect(url, settings | {"plan_cache_mode": mode}, "explain") as conn:
            if not query.is_prepared:
                queries.transactions.plan_for_values(conn, timeout=settings["statement_timeout"])
            print(f"-- {name}, {meaning}\n{plan(conn, query, params)}\n")


def explainable() -> dict[str, Query]:
    """The queries that have a plan, by AREA/NAME."""
    return {query.name.replace(".", "/"): query for query in queries.all() if query.bindable}


def name_of(text: str) -> str:
    """AREA/NAME of a name or of the path of a file."""
    *_, area, name = ("", *text.removesuffix(".sql").split("/"))
    return f"{area}/{name}"


def find_query(name: str) -> Query:
    """Return the query of sql/NAME.sql; raise Failure if there is none that has a plan."""
    found = explainable()
    if name not in found:
        near = get_close_matches(name, found, n=1)
        hint = f"did you mean {near[0]}?" if near else "they lie below sql/, such as runs/trace"
        raise Failure(f"there is no query {name!r} with a plan; {hint}")
    return found[name]


def plan(conn: Connection, query: Query, params: dict[str, str]) -> str:
    """Return the plan as text, from PREPARE and EXPLAIN EXECUTE; the statement really runs."""
    variant = query.variant(params)
    names = sorted(variant.params)
    numbers = {name: f"${number}" for number, name in enumerate(names, 1)}
    numbered = variant.with_identifiers(params) % numbers
    arguments = ", ".join(f"%({name})s" for name in names)
    cursor = psycopg.ClientCursor(conn, row_factory=tuple_row)
    try:
        cursor.execute(f"PREPARE explained AS {numbered}")
        values = f" ({arguments})" if names else ""
        lines = cursor.execute(f"{EXPLAIN} EXECUTE explained{values}", params).fetchall()
    except psycopg.DataError as error:
        raise Failure(f"{query.name}: {error.diag.message_primary}") from None
    finally:
        conn.rollback()
    return "\n".join(line for (line,) in lines)
