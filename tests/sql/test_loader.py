"""The loader: from psql's files to psycopg, with nothing lost on the way."""

import os
import subprocess
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from service.db.queries import Connection, Queries, Query
from service.db.statement_timeout import TimeoutConnection
from service.postgres.binaries import bundled_directory


def test_placeholders_become_bound_parameters() -> None:
    query = Query("area.name", "SELECT :'one'::int, ':not', '::', 5 % 2 -- :'comment'\n;")
    assert query.params == {"one"}
    assert query.text == "/* area.name */ SELECT %(one)s::int, ':not', '::', 5 %% 2"


def test_values_are_data_whatever_they_hold(conn: Connection) -> None:
    query = Query("area.name", "SELECT :'x'::text AS x, '100 %' AS y;")
    nasty = "'; DROP TABLE runs; -- %s %(x)s :'y' \\ \""
    assert query(conn, x=nasty).fetchone() == {"x": nasty, "y": "100 %"}


CONDITIONAL = """
SELECT n.n
  FROM generate_series(1, 4) AS n (n)
 WHERE true
\\if :{?least}
   AND n.n >= :'least'::integer
\\endif
\\if :{?odd}
   AND n.n % 2 = :'odd'::integer
\\else
   AND n.n < 4
\\endif
 ORDER BY n.n;
"""


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, [1, 2, 3]),
        ({"least": 2}, [2, 3]),
        ({"least": None, "odd": 1}, [1, 3]),
        ({"least": 2, "odd": 0}, [2, 4]),
    ],
)
def test_conditions_are_decided_by_what_is_given(
    conn: Connection, params: dict[str, int | None], found: list[int]
) -> None:
    query = Query("area.name", CONDITIONAL)
    assert query.optional == {"least", "odd"}
    assert [row["n"] for row in query(conn, **params)] == found


NESTED = """
SELECT n.n
  FROM generate_series(1, 3) AS n (n)
\\if :{?after}
\\if :{?ascending}
 WHERE n.n > :'after'::integer
\\else
 WHERE n.n < :'after'::integer
\\endif
\\endif
\\if :{?ascending}
 ORDER BY n.n;
\\else
 ORDER BY n.n DESC;
\\endif
"""


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, [3, 2, 1]),
        ({"ascending": True}, [1, 2, 3]),
        ({"after": 2}, [1]),
        ({"after": 2, "ascending": True}, [3]),
    ],
)
def test_conditions_nest_and_are_what_psql_makes_of_them(
    conn: Connection, tmp_path: Path, params: dict[str, int], found: list[int]
) -> None:
    assert [row["n"] for row in Query("area.name", NESTED)(conn, **params)] == found
    (tmp_path / "nested.sql").write_text(NESTED)
    assert [int(line) for line in psql(conn, tmp_path / "nested.sql", params)] == found


def psql(conn: Connection, file: Path, params: Mapping[str, object]) -> list[str]:
    """The rows that the real psql prints for a file."""
    command = [str(bundled_directory() / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1"]
    variables = [word for name, value in params.items() for word in ("-v", f"{name}={value}")]
    ran = subprocess.run(
        [*command, *variables, "-f", str(file), "-d", make_conninfo(**conn.info.get_parameters())],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PGPASSWORD": conn.info.password},
    )
    return ran.stdout.splitlines()


@pytest.mark.parametrize(
    "source",
    ["\\if :{?a}\nSELECT 1;\n", "SELECT 1;\n\\endif\n\\if :{?a}\n", "\\elif x\n", "\\else\n"],
)
def test_what_the_loader_does_not_understand_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"\\"):
        Query("area.name", source)


def test_a_file_of_many_choices_pushes_no_other_out_of_what_is_prepared(conn: Connection) -> None:
    names = [f"p{n}" for n in range(8)]
    conditions = "".join(f"\\if :{{?{name}}}\n , :'{name}'\n\\endif\n" for name in names)
    many = Query("area.many", f"SELECT 1\n{conditions};")
    Query("area.one", "SELECT 1;")(conn)
    for choice in range(2**8):
        many(conn, **{name: "x" for n, name in enumerate(names) if choice >> n & 1})
    prepared = conn.execute("SELECT statement FROM pg_prepared_statements").fetchall()
    ours = [row["statement"] for row in prepared if row["statement"].startswith("/* area.")]
    assert ours == ["/* area.one */ SELECT 1"]


def test_a_frequent_choice_is_prepared_where_that_is_asked_for(conn: Connection) -> None:
    names = [f"p{n}" for n in range(8)]
    conditions = "".join(f"\\if :{{?{name}}}\n , :'{name}'\n\\endif\n" for name in names)
    many = Query("area.many", f"SELECT 1\n{conditions};")
    for _ in range(6):
        many(conn, p1="x")
        many.planned(conn, p0="x")
    for choice in combinations(names, 3):
        many.planned(conn, **dict.fromkeys(choice, "x"))
    prepared = conn.execute("SELECT statement FROM pg_prepared_statements").fetchall()
    ours = [row["statement"] for row in prepared if row["statement"].startswith("/* area.")]
    assert ours == [many.variant(["p0"]).text.replace("%(p0)s", "$1")]


def test_texts_are_kept_up_to_a_limit() -> None:
    names = [f"p{n}" for n in range(8)]
    conditions = "".join(f"\\if :{{?{name}}}\n , :'{name}'\n\\endif\n" for name in names)
    query = Query("area.many", f"SELECT 1\n{conditions};")
    first = query.variant(["p0"])
    assert query.variant(["p0", "unknown"]) is first
    for choice in combinations(names, 3):
        query.variant(choice)
    assert query.variant(["p0"]) is not first


DIVIDED = """
\\if :{?distributed}
SELECT 2 AS n;
\\else
SELECT 1 AS n;
\\endif
"""


def test_what_is_for_citus_is_sent_where_the_connection_says_so(conn: TimeoutConnection) -> None:
    query = Query("area.name", DIVIDED)
    assert (query.optional, query.params) == (frozenset(), set())
    assert query(conn).fetchone() == {"n": 1}
    conn.distributed = True
    assert query(conn).fetchone() == {"n": 2}
    with pytest.raises(TypeError, match="surplus"):
        query(conn, distributed=True)


def test_identifiers_are_quoted(conn: Connection) -> None:
    query = Query("area.name", """CREATE TABLE :"name" (day date DEFAULT :'day');""")
    query(conn, name='odd "name"; --', day="2026-11-23")
    found = conn.execute("SELECT relname FROM pg_class WHERE relname LIKE 'odd%'").fetchone()
    assert found == {"relname": 'odd "name"; --'}


@pytest.mark.parametrize("params", [{}, {"x": 1, "y": 2}, {"y": 1}])
def test_missing_and_surplus_parameters_are_type_errors(
    conn: Connection, params: dict[str, int]
) -> None:
    with pytest.raises(TypeError, match=r"area\.name"):
        Query("area.name", "SELECT :'x'::int;")(conn, **params)


def test_unknown_files_and_folders_say_so() -> None:
    queries = Queries()
    with pytest.raises(AttributeError, match=r"sql/runs/nothing\.sql"):
        _ = queries.runs.nothing
    with pytest.raises(AttributeError, match="sql/nowhere/"):
        _ = queries.nowhere


def test_a_file_that_changed_counts_after_a_reload(tmp_path: Path, conn: Connection) -> None:
    (tmp_path / "area").mkdir()
    file = tmp_path / "area" / "answer.sql"
    file.write_text("SELECT 1 AS n;")
    queries = Queries(tmp_path)
    assert queries.area.answer(conn).fetchone() == {"n": 1}
    file.write_text("SELECT 2 AS n;")
    queries.reload()
    assert queries.area.answer(conn).fetchone() == {"n": 2}


def test_running_statements_carry_their_file_name(conn: Connection) -> None:
    query = Query("area.name", "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid();")
    found = query(conn).fetchone()
    assert found is not None
    assert found["query"].startswith("/* area.name */")
