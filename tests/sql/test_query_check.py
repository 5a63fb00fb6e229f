"""A broken SQL file is found before it runs, with file and line."""

import shutil
from contextlib import nullcontext
from pathlib import Path

import psycopg
import pytest

from service.core.failure import Failure
from service.db.queries import SQL_DIRECTORY, Connection, Queries
from service.db.query_check import first_fault
from service.db.query_reload import QueryReload


def edited(directory: Path, name: str, old: str, new: str) -> Path:
    """A copy of sql/ with a file in which `old`, if there is any, became `new`."""
    copy = directory / "sql"
    shutil.copytree(SQL_DIRECTORY, copy)
    file = copy / name
    text = file.read_text() if file.exists() else ""
    assert old in text
    file.write_text(text.replace(old, new, 1) if old else new)
    return copy


def line_of(file: Path, part: str) -> int:
    """The number of the line that has this."""
    lines = file.read_text().splitlines()
    return 1 + next(number for number, line in enumerate(lines) if part in line)


def test_every_query_of_the_service_is_understood(conn: Connection) -> None:
    assert first_fault(conn, Queries().all()) is None
    assert conn.execute("SELECT 1 AS one").fetchone() == {"one": 1}


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("agents/list.sql", "a.description,", "a.wrong,", "column a.wrong does not exist"),
        ("agents/add.sql", "INSERT INTO", "INSERTED", 'syntax error at or near "INSERTED"'),
        ("runs/find.sql", "FROM", "FORM", 'syntax error at or near "'),
        (
            "events/create_partition.sql",
            "CREATE TABLE",
            "CREATE TABEL",
            'syntax error at or near "TABEL"',
        ),
    ],
)
def test_the_error_names_the_line_of_the_file(
    conn: Connection, tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    directory = edited(tmp_path, name, old, new)
    said = first_fault(conn, Queries(directory).all()) or ""
    assert said.startswith(f"sql/{name}:{line_of(directory / name, new)}: {message}")
    assert "\n" not in said


CONDITIONAL = """-- area/name: a query.
--
-- try      \\set x 1

SELECT 1 AS n
\\if :{?x}
 WHERE 1 =
       :'x'::int
   AND missing
\\else
 WHERE true -- and 50 %
\\endif
   AND 'ü %' <> ''
 LIMIT 1;
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("", "", 9, 'column "missing" does not exist'),  # in what only a parameter brings
        ("1;", "1; SELECT 2;", 5, "cannot insert multiple commands into a prepared statement"),
        ("missing", "true", 0, ""),
        ("LIMIT 1", "LIMIT many", 14, 'column "many" does not exist'),
        ("WHERE true", "WHERE other", 11, 'column "other" does not exist'),
    ],
)
def test_lines_are_those_of_the_file_whatever_is_left_out(
    conn: Connection, tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    (tmp_path / "area").mkdir()
    text = CONDITIONAL if old == "missing" or not old else CONDITIONAL.replace("missing", "true")
    (tmp_path / "area/name.sql").write_text(text.replace(old, new) if old else text)
    expected = f"sql/area/name.sql:{line}: {message}" if line else None
    assert first_fault(conn, Queries(tmp_path).all()) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"SELECT 1\n\\gset\n;", "2: \\gset is not understood"),
        (b"SELECT 1\n\\endif\n;", "2: \\endif without its \\if"),
        (b"\\if :{?x}\nSELECT 1;\n", "2: an \\if without its \\endif"),
        (b"-- caf\xe9\nSELECT 1;\n", "1: is not UTF-8"),
    ],
)
def test_what_psql_would_not_take_is_found_when_it_is_read(
    tmp_path: Path, text: bytes, said: str
) -> None:
    (tmp_path / "area").mkdir()
    (tmp_path / "area/name.sql").write_bytes(text)
    with pytest.raises(Failure) as failed:
        Queries(tmp_path)
    assert str(failed.value) == f"sql/area/name.sql:{said}"


def test_a_file_without_a_statement_is_found(conn: Connection, tmp_path: Path) -> None:
    (tmp_path / "area").mkdir()
    (tmp_path / "area/name.sql").write_text("-- area/name: nothing yet.\n")
    said = first_fault(conn, Queries(tmp_path).all())
    assert said == "sql/area/name.sql:1: there is no statement"


def test_a_broken_edit_leaves_the_last_text_in_use_and_is_logged_once(
    conn: Connection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "area").mkdir()
    file = tmp_path / "area/answer.sql"
    file.write_text("SELECT 1 AS n;")
    queries = Queries(tmp_path)
    reload = QueryReload(lambda: nullcontext(conn), queries)
    for broken in ("SELECT 2\n  AS n FROM nowhere;", "SELECT 2\n\\gset\n;", ""):
        file.write_text(broken)
        caplog.clear()
        reload()
        reload()
        [record] = caplog.records
        assert record.getMessage().startswith("sql/area/answer.sql:")
        assert record.getMessage().endswith("the file's last text stays in use")
        assert queries.area.answer(conn).fetchone() == {"n": 1}
    file.write_text("SELECT 3 AS n;")
    (tmp_path / "area/more.sql").write_text("SELECT 4 AS n;")
    reload()
    assert queries.area.answer(conn).fetchone() == {"n": 3}
    assert queries.area.more(conn).fetchone() == {"n": 4}


def test_an_edit_that_nobody_can_check_is_looked_at_again(
    conn: Connection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "area").mkdir()
    file = tmp_path / "area/answer.sql"
    file.write_text("SELECT 1 AS n;")
    queries = Queries(tmp_path)
    away = [True]

    def lend() -> nullcontext[Connection]:
        if away[0]:
            raise psycopg.OperationalError("the server is away")
        return nullcontext(conn)

    reload = QueryReload(lend, queries)
    file.write_text("SELECT 2 AS n;")
    reload()
    assert queries.area.answer(conn).fetchone() == {"n": 1}
    assert "sql/area/answer.sql was not checked: OperationalError" in caplog.text
    away[0] = False
    reload()
    assert queries.area.answer(conn).fetchone() == {"n": 2}
