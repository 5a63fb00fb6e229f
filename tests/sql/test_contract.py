"""Every query file keeps what its header promises: psql's parameters, columns, index."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import psycopg
import pytest

from service.db import psql_conditions
from service.db.connections import connect
from service.db.queries import (
    DISTRIBUTED,
    MOST_CHOICES_KEPT,
    SQL_DIRECTORY,
    Connection,
    Query,
    queries,
)
from service.db.session_settings import READ, WRITE

FIELDS = ["params", "returns", "rows", "index", "plan", "try"]
SPELLED = {
    "bool": "boolean",
    "timestamp": "timestamp without time zone",
    "varchar": "character varying",
    "int4": "integer",
    "int8": "bigint",
    "timestamptz": "timestamp with time zone",
    "float8": "double precision",
}
# Sets, which no client sees.
UNORDERED = {
    *("runs.states", "runs.taken_names", "events.stored", "verify.run_ids"),
    *("metrics.find_names", "metrics.names_of_runs"),
}
INDEXES = re.compile(r"\b[a-z]\w*_(?:pkey|key|idx)\b").findall
RELATIONS = (
    "SELECT relname, relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
)
UNKNOWN_TO_PSYCOPG = {2278: "void"}
ALL = {query.name: query for query in queries.all()}
# SQLite's, which no PostgreSQL prepares; tests/cli/test_import.py runs them.
SQLITE = [f"sqlite.{path.stem}" for path in sorted((SQL_DIRECTORY / "sqlite").glob("*.sql"))]
CITUS = "citus."  # of which PostgreSQL alone knows nothing: tests/citus runs them
BINDABLE = [name for name, query in ALL.items() if query.bindable and not name.startswith(CITUS)]
# But where it calls Citus's own functions: tests/citus plans all.
DIVIDED = [
    name
    for name in BINDABLE
    if ALL[name].is_divided and "citus_" not in ALL[name].variant({DISTRIBUTED}).text
]
READING = [name for name in BINDABLE if not ALL[name].writes]


@pytest.fixture
def conn(prepared_url: str) -> Iterator[Connection]:
    """A session of the test's own."""
    with connect(prepared_url, WRITE, "test") as conn:
        conn.autocommit = True
        yield conn


@dataclass
class Header:
    """The comment at the top of a query file."""

    title: str
    fields: list[tuple[str, str]]
    text: str  # all lines after the title

    def value(self, name: str) -> str:
        """The value of a field; empty when the header leaves the field out."""
        return next((value for field, value in self.fields if field == name), "")

    @property
    def params(self) -> dict[str, str]:
        """Parameter -> type."""
        lines = [value.split() for field, value in self.fields if field == "params"]
        return {words[0]: words[1] for words in lines}


def path_of(name: str) -> Path:
    """The file of a query."""
    return SQL_DIRECTORY / (name.replace(".", "/") + ".sql")


def header_of(name: str) -> Header:
    """Read the header."""
    lines = []
    for line in path_of(name).read_text().splitlines():
        if not line.startswith("--"):
            break
        lines.append(line[2:].strip())
    fields = [
        (match[1], match[2])
        for line in lines[1:]
        if (match := re.match(rf"({'|'.join(FIELDS)})\s+(.*)", line))
    ]
    return Header(lines[0], fields, "\n".join(lines[1:]))


@pytest.mark.parametrize("name", [*ALL, *SQLITE])
def test_the_header_has_its_fields_in_order(name: str) -> None:
    header = header_of(name)
    assert header.title.startswith(name.replace(".", "/") + ": ")
    assert header.title.endswith(".")
    found = list(dict.fromkeys(field for field, _ in header.fields))
    assert found == [field for field in FIELDS if field in found]
    assert not [value for _, value in header.fields if re.match(r"none\b|nothing\b", value)]
    assert ("rows" in found) == ("returns" in found)


@pytest.mark.parametrize("name", ALL)
def test_the_parameters_are_the_placeholders(name: str) -> None:
    query = ALL[name]
    assert set(header_of(name).params) == query.params | query.identifiers
    assert set(examples_of(name)) == set(header_of(name).params)


@pytest.mark.parametrize("name", [*ALL, *SQLITE])
def test_a_file_holds_one_statement(name: str) -> None:
    # What a DO runs is one statement, as a string in dollars.
    source = re.sub(r"\$\$.*?\$\$", "", path_of(name).read_text(), flags=re.DOTALL)
    for given in ((), (DISTRIBUTED,)):
        text = psql_conditions.decide(source, given)
        statement = re.sub(r"--[^\n]*|'[^']*'", "", text).strip()
        assert statement.endswith(";")
        assert statement.count(";") == 1


def examples_of(name: str) -> dict[str, str]:
    """The values in the header's line `try`."""
    found = re.findall(r"\\set (\w+) ('[^']*'|\S+)", header_of(name).value("try"))
    return {param: value.strip("'") for param, value in found}


def prepare(
    conn: Connection,
    query: Query,
    types: dict[str, str],
    given: Collection[str] = (),
    name: str = "contract",
) -> psycopg.pq.abc.PGresult:
    """Prepare with the header's types, and all optional parameters; what the server says of it."""
    whole = query.variant({*query.optional, *given})
    bound = [param for param in types if param in whole.params]
    numbers = {param: f"${number}" for number, param in enumerate(bound, 1)}
    arguments = f" ({', '.join(types[param] for param in bound)})" if bound else ""
    text = whole.with_identifiers(examples_of(query.name)) % numbers
    conn.execute(f'PREPARE "{name}"{arguments} AS {text}')
    return conn.pgconn.describe_prepared(name.encode())


def executed(name: str, prepared: str = "contract") -> str:
    """EXECUTE of what `prepare` prepared, with the values in the header's line `try`."""
    bound, tried = ALL[name].variant(ALL[name].optional).params, examples_of(name)
    values = ", ".join(f"'{tried[param]}'" for param in header_of(name).params if param in bound)
    return f'EXECUTE "{prepared}"{f" ({values})" if values else ""}'


@pytest.mark.parametrize("name", BINDABLE)
def test_it_prepares_with_its_types_and_returns_what_it_says(conn: Connection, name: str) -> None:
    header = header_of(name)
    described = prepare(conn, ALL[name], header.params)
    columns = []
    for number in range(described.nfields):
        oid = described.ftype(number)
        found = conn.adapters.types.get(oid)
        spelled = SPELLED.get(found.name, found.name) if found else UNKNOWN_TO_PSYCOPG[oid]
        if found and oid == found.array_oid:
            spelled += "[]"
        columns.append(f"{(described.fname(number) or b'').decode()} {spelled}")
    assert ", ".join(columns) == header.value("returns")


@pytest.mark.parametrize("name", DIVIDED)
def test_what_citus_is_sent_returns_the_same(conn: Connection, name: str) -> None:
    query = ALL[name]
    given = {*query.optional, DISTRIBUTED}
    described = prepare(conn, query, header_of(name).params, given)
    columns = [(described.fname(n) or b"").decode() for n in range(described.nfields)]
    stated = header_of(name).value("returns")
    assert columns == [column.split()[0] for column in stated.split(", ") if column]


@pytest.mark.parametrize("name", [name for name in BINDABLE if ALL[name].optional])
def test_it_prepares_for_every_choice_of_its_optional_parameters(
    conn: Connection, name: str
) -> None:
    query, types = ALL[name], header_of(name).params
    for chosen in choices(query):
        variant = query.variant(chosen)
        numbers = {param: f"${n}" for n, param in enumerate(sorted(variant.params), 1)}
        arguments = ", ".join(types[param] for param in sorted(variant.params))
        text = variant.with_identifiers(examples_of(name)) % numbers
        conn.execute(f"PREPARE choice{f' ({arguments})' if arguments else ''} AS {text}")
        conn.execute("DEALLOCATE choice")


def choices(query: Query) -> list[tuple[str, ...]]:
    """Every choice of optional parameters; of many, those of at most two, and of all but two."""
    names = sorted(query.optional)
    sizes = [size for size in range(len(names) + 1) if size <= 2 or size >= len(names) - 2]
    if len(names) <= MOST_CHOICES_KEPT:
        sizes = list(range(len(names) + 1))
    return [chosen for size in sizes for chosen in combinations(names, size)]


@pytest.mark.parametrize("name", BINDABLE)
def test_the_index_that_it_names_is_in_the_generic_plan(filled_url: str, name: str) -> None:
    header = header_of(name)
    settings = WRITE if ALL[name].writes else READ
    # A partition without rows is read by a scan; what is asked is whether the index can serve.
    with connect(filled_url, settings | {"enable_seqscan": "off"}, "test") as conn:
        prepare(conn, ALL[name], header.params)
        rows = conn.execute(f"EXPLAIN {executed(name)}").fetchall()
    plan = "\n".join(row["QUERY PLAN"] for row in rows)
    named = header.value("index")
    used = [
        re.search(rf"\b({index}|{index.replace('events_', 'events_[a-z0-9_]+_')})\b", plan)
        for index in INDEXES(named)
    ]
    assert any(used) if " or " in named else all(used), plan


def test_every_index_that_a_header_names_is_in_the_catalogue(conn: Connection) -> None:
    """Of files that write or define, too; and no index goes by the name of a column alone."""
    found = conn.execute(RELATIONS).fetchall()
    relations = {row["relname"] for row in found}
    tables = "|".join(row["relname"] for row in found if row["relkind"] not in "iI")
    of_a_table = re.compile(rf"(?<![/\w])(?:{tables})_[a-z]\w*").findall
    wrong = {}
    for name in ALL:
        header = header_of(name)
        named = {*INDEXES(header.text), *of_a_table(header.text)}
        columns = set(re.findall(r"\w+", header.value("returns")))
        wrong[name] = named - relations - set(header.params) - columns
    assert {name: unknown for name, unknown in wrong.items() if unknown} == {}


@pytest.mark.parametrize("name", READING)
def test_every_list_has_a_total_order(name: str) -> None:
    text = path_of(name).read_text()
    rows = header_of(name).value("rows")
    is_one = rows == "one" or rows.startswith("one;")
    assert is_one or "ORDER BY" in text or name in UNORDERED
