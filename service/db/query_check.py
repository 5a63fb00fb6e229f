"""Whether PostgreSQL understands the queries: it prepares each, and runs none.

A prepared statement without a name is replaced by the next one, so nothing stays of them. What
takes no bound parameters, such as CREATE TABLE, is only parsed.
"""

import re
from collections.abc import Iterable

import psycopg
from psycopg import generators
from psycopg.pq import ExecStatus

from service.db.queries import DISTRIBUTED, Connection, Query, Variant, is_distributed

CITUS = "citus."  # what `migrate citus` sends, which PostgreSQL alone does not know
EXAMPLE = re.compile(r"\\set (\w+) ('[^']*'|\S+)")
LINE_OF_EXAMPLES = "-- try "


def first_fault(conn: Connection, checked: Iterable[Query]) -> str | None:
    """The first query that PostgreSQL refuses, as `sql/AREA/NAME.sql:LINE: message`.

    Raises OperationalError where that cannot be asked, such as beside a migration's locks.
    """
    for query in checked:
        if query.name.startswith(CITUS) and not is_distributed(conn):
            continue
        for variant in variants(query, is_distributed(conn)):
            if said := fault(conn, query, variant):
                return said
    return None


def variants(query: Query, distributed: bool) -> list[Variant]:
    """The texts with none, each and all of the optional parameters, as this connection has them."""
    always = {DISTRIBUTED} if distributed else set[str]()
    choices = [set[str](), *({name} for name in sorted(query.optional)), query.optional]
    found = [query.variant(always | choice) for choice in choices]
    return list({variant.text: variant for variant in found}.values())


def fault(conn: Connection, query: Query, variant: Variant) -> str | None:
    """What PostgreSQL says against a text, with the line of the file."""
    if variant.is_empty:
        return f"{query.file}:1: there is no statement"
    examples = examples_of(query)
    text = statement(query, variant, examples)
    try:
        prepare(conn, text)
    except psycopg.OperationalError:
        raise
    except psycopg.errors.UndefinedTable as error:
        # The partition of an example may be none of this database.
        if any(f'"{examples.get(name, name)}"' in str(error) for name in variant.identifiers):
            return None
        return described(error, query, variant, text)
    except psycopg.Error as error:
        return described(error, query, variant, text)
    return None


def described(error: psycopg.Error, query: Query, variant: Variant, text: str) -> str:
    """The error in one line."""
    before = text[: max(0, int(error.diag.statement_position or 1) - 1)]
    line = variant.first_line + before.count("\n")
    return f"{query.file}:{line}: {error.diag.message_primary}"


def statement(query: Query, variant: Variant, examples: dict[str, str]) -> str:
    """The text as it is sent: with the header's examples as identifiers, and numbered parameters.

    Where no parameters can be bound, the values are texts, as psycopg sends them.
    """
    identifiers = {name: examples.get(name, name) for name in variant.identifiers}
    values = {
        name: f"${number}" if query.bindable else "'1'"
        for number, name in enumerate(sorted(variant.params), 1)
    }
    return variant.with_identifiers(identifiers) % values


def examples_of(query: Query) -> dict[str, str]:
    """The values in the header's line `try`."""
    lines = [line for line in query.source.splitlines() if line.startswith(LINE_OF_EXAMPLES)]
    return {name: value.strip("'") for name, value in EXAMPLE.findall("".join(lines))}


def prepare(conn: Connection, text: str) -> None:
    """Let PostgreSQL parse and analyse a text. Raises what it says against it."""
    conn.pgconn.send_prepare(b"", text.encode())
    [result] = conn.wait(generators.execute(conn.pgconn))
    if result.status == ExecStatus.FATAL_ERROR:
        raise psycopg.errors.error_from_result(result, encoding="utf-8")
