r"""sql/<area>/<name>.sql -> queries.<area>.<name>(conn, **params).

The files are written for psql. This loader turns `:'x'` into a bound parameter and `:"x"` into a
quoted identifier, decides `\if :{?x}` by whether x is given, drops comments, and prepends the
file's name, so that pg_stat_activity, logs and auto_explain show which file runs.
"""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg.rows import dict_row

from service.core.failure import Failure
from service.db import psql_conditions, query_texts

SQL_DIRECTORY = query_texts.DIRECTORY

Row = dict[str, Any]
Connection = psycopg.Connection[Row]
Cursor = psycopg.Cursor[Row]

TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*)|(?P<value>:'(?P<value_name>\w+)')|(?P<identifier>:"(?P<name>\w+)")"""
    r"""|(?P<string>'(?:[^']|'')*')|(?P<percent>%)"""
)
# A connection keeps 100 statements prepared (psycopg's prepared_max) and evicts the least recently
# used. A file with 2^5 texts and more would evict the frequent statements.
MOST_CHOICES_KEPT = 4
TEXTS_KEPT = 32  # of a file, the last used: to decide its conditions takes 0.4 to 0.6 ms
# Anything else (CREATE TABLE, COPY) takes no bound parameters: its values are quoted by psycopg.
BINDABLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
# Set by the connection alone: Citus distributes its tables over nodes.
DISTRIBUTED = "distributed"
WRITING = re.compile(r"\b(INSERT|UPDATE|DELETE)\b").search  # also FOR UPDATE: it locks rows


class Query:
    r"""One SQL file: its text for psycopg, and the names of its parameters.

    Parameters inside `\if :{?name}` are optional: the file has a text for each choice of those.
    With many choices the statement is not prepared, unless by `planned`.
    """

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self._choices = psql_conditions.names(source)
        self.optional = self._choices - {DISTRIBUTED}
        self.is_divided = DISTRIBUTED in self._choices
        self.source = source
        self._decided = lru_cache(TEXTS_KEPT)(self._decide)
        self.is_prepared = len(self.optional) <= MOST_CHOICES_KEPT
        whole = self.variant(self.optional)
        self.text, self.identifiers = whole.text, whole.identifiers
        self.params = whole.params | (self.optional - whole.identifiers)
        statement = self.text.removeprefix(f"/* {name} */ ")
        self.bindable = statement.startswith(BINDABLE)
        self.writes = not self.bindable or WRITING(statement) is not None

    def variant(self, given: Collection[str]) -> "Variant":
        """The text for the optional parameters that are given."""
        return self._decided(self._choices.intersection(given))

    def _decide(self, chosen: frozenset[str]) -> "Variant":
        return Variant(self.name, psql_conditions.decide(self.source, chosen))

    @property
    def file(self) -> str:
        """Its file, as it is named in messages."""
        return f"sql/{self.name.replace('.', '/')}.sql"

    def expected(self, given: Collection[str]) -> set[str]:
        """The given optional parameters, and the parameters that go with them."""
        variant = self.variant(given)
        return variant.params | variant.identifiers | self.optional.intersection(given)

    def __call__(self, conn: Connection, **params: Any) -> Cursor:
        """Run the statement; an optional parameter that is None counts as not given.

        So does one that stands only where another decides, and is None together with it.

        Raises TypeError when a parameter is missing or one too many.
        """
        return self._run(conn, params, self.is_prepared)

    def planned(self, conn: Connection, **params: Any) -> Cursor:
        """Run it, prepared from the sixth time on that a connection runs this choice.

        Choices that are rare push no frequent statement out of what is prepared.
        """
        return self._run(conn, params, self.is_prepared or None)

    def _run(self, conn: Connection, params: dict[str, Any], prepare: bool | None) -> Cursor:
        chosen = {name for name in self.optional if params.get(name) is not None}
        if self.is_divided and is_distributed(conn):
            chosen.add(DISTRIBUTED)
        variant, expected = self.variant(chosen), self.expected(chosen)
        if self.optional:
            params = {
                name: value
                for name, value in params.items()
                if value is not None or name in expected
            }
        if params.keys() != expected:
            missing, surplus = sorted(expected - params.keys()), sorted(params.keys() - expected)
            raise TypeError(f"{self.name}: missing parameters {missing}, surplus {surplus}")
        text = variant.with_identifiers(params)
        values = {name: as_text(params[name]) for name in variant.params}
        if self.bindable:
            return conn.execute(text, values, prepare=prepare)
        return psycopg.ClientCursor(conn, row_factory=dict_row).execute(text, values)


class Variant:
    """A file's text after its conditions are decided.

    The statement begins in line `first_line` of the file, and keeps the ends of its lines.
    """

    def __init__(self, name: str, source: str) -> None:
        self.params: set[str] = set()
        self.identifiers: set[str] = set()
        whole = TOKEN.sub(self._translate, source)
        statement = whole.strip().rstrip(";").rstrip()
        self.is_empty = not statement
        self.first_line = 1 + whole[: len(whole) - len(whole.lstrip())].count("\n")
        self.text = f"/* {name} */ {statement}"

    def with_identifiers(self, params: Mapping[str, str]) -> str:
        """The text with its identifiers in place, quoted; the other parameters are bound."""
        text = self.text
        for name in self.identifiers:
            quoted = '"' + params[name].replace('"', '""') + '"'
            text = text.replace(f':"{name}"', quoted)
        return text

    def _translate(self, match: re.Match[str]) -> str:
        if match["comment"]:
            return ""
        if match["value"]:
            self.params.add(match["value_name"])
            return f"%({match['value_name']})s"
        if match["identifier"]:
            self.identifiers.add(match["name"])
        return match[0].replace("%", "%%")


def as_text(value: Any) -> str | None:
    """A value as the text psql would send, so that a prepared statement serves every number size.

    Also arrays of text or None, because psycopg takes 5 times as long for arrays.
    """
    if value is None or isinstance(value, str):
        return value
    return array(value) if isinstance(value, list) else str(value)


def array(values: list[str | None]) -> str:
    """An array as PostgreSQL reads it: {"one","two",NULL}."""
    if None not in values:
        joined = '","'.join(cast(list[str], values))
        if "\\" not in joined and joined.count('"') == 2 * (len(values) - 1):
            return f'{{"{joined}"}}' if values else "{}"
    return "{" + ",".join("NULL" if value is None else quoted(value) for value in values) + "}"


def quoted(value: str) -> str:
    """An element of an array, quoted."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def is_distributed(conn: Connection) -> bool:
    """Whether the connection leads to tables that Citus distributes over nodes."""
    return getattr(conn, DISTRIBUTED, False)


class Area:
    """The queries of one folder below sql/."""

    def __init__(self, name: str, queries: dict[str, Query]) -> None:
        self._name = name
        self.queries = queries

    def __getattr__(self, name: str) -> Query:
        try:
            return self.queries[name]
        except KeyError:
            raise AttributeError(f"there is no sql/{self._name}/{name}.sql") from None


class Queries:
    """All query files below a directory, without the folders of query_texts.NO_QUERIES."""

    def __init__(self, directory: Path = SQL_DIRECTORY) -> None:
        self._directory = directory
        self.reload()

    def reload(self) -> None:
        """Take every text again, so that an edit counts from the next statement on."""
        self._areas: dict[str, Area] = {}
        self._by_file: dict[Path, Query] = {}
        for path, text in query_texts.held.of(self._directory).items():
            self.put(path, parse(path, text))

    def files(self) -> list[Path]:
        """The files of queries, sorted."""
        return query_texts.files(self._directory)

    def put(self, path: Path, query: Query) -> None:
        """Run this query for the file from now on."""
        area = path.parent.name
        self._areas.setdefault(area, Area(area, {})).queries[path.stem] = query
        self._by_file[path] = query

    def of_file(self, path: Path) -> Query | None:
        """The query that is run for the file."""
        return self._by_file.get(path)

    def __getattr__(self, name: str) -> Area:
        try:
            return self._areas[name]
        except KeyError:
            raise AttributeError(f"there is no folder sql/{name}/") from None

    def all(self) -> list[Query]:
        """Return every query, sorted by name."""
        return list(self._by_file.values())


def parse(path: Path, text: bytes) -> Query:
    """The query of a file. Raises Failure with file and line for what psql would not take."""
    try:
        return Query(f"{path.parent.name}.{path.stem}", text.decode().replace("\r\n", "\n"))
    except psql_conditions.NotUnderstood as error:
        line, message = error.line, str(error)
    except UnicodeDecodeError as error:
        line, message = 1 + error.object[: error.start].count(b"\n"), "is not UTF-8"
    raise Failure(f"sql/{path.parent.name}/{path.name}:{line}: {message}")


queries = Queries()
