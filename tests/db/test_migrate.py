"""Migrations: yoyo's traps, each sprung."""

import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from yoyo.connections import parse_uri

from service.core.failure import Failure
from service.db import advisory_lock, migrate, new_migration
from service.db.roles.logins import Logins
from service.db.session_settings import SYNTAX, as_options
from tests.processes.harness import environment, run, until

MODULE = "service.db.migrate.DIRECTORY"


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two migrations of no consequence, in a directory whose name is a pattern."""
    made = tmp_path / "migra[tions]"
    made.mkdir()
    for number, name in ((1, "one"), (2, "two")):
        (made / f"000{number}.{name}.sql").write_text(f"CREATE TABLE {name} (n int);\n")
        (made / f"000{number}.{name}.rollback.sql").write_text(f"DROP TABLE {name};\n")
    monkeypatch.setattr(MODULE, made)
    return made


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as conn:
        rows = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {row[0] for row in rows} & {"one", "two", "three"}


@pytest.mark.usefixtures("directory")
def test_up_down_status_and_history_tell_one_story(empty_database_url: str) -> None:
    url = empty_database_url
    assert [state.applied for state in migrate.status(url)] == [False, False]
    assert migrate.up(url) == ["0001.one", "0002.two"]
    assert migrate.up(url) == []
    assert tables(url) == {"one", "two"}
    assert migrate.down(url, 1) == ["0002.two"]
    assert migrate.status(url) == [("0001.one", True), ("0002.two", False)]
    assert tables(url) == {"one"}
    assert migrate.down(url, 10) == ["0001.one"]
    assert [(step.operation, step.name) for step in migrate.history(url)] == [
        ("apply", "0001.one"),
        ("apply", "0002.two"),
        ("rollback", "0002.two"),
        ("rollback", "0001.one"),
    ]


@pytest.mark.usefixtures("directory")
def test_down_rolls_back_nothing_but_what_was_shown(empty_database_url: str) -> None:
    url = empty_database_url
    migrate.up(url)
    shown = ["0002.two"]
    assert migrate.down(url, 1) == shown  # somebody else is faster
    with pytest.raises(Failure, match="meanwhile another process migrated the database"):
        migrate.down(url, 1, shown)
    assert tables(url) == {"one"}
    migrate.up(url)
    assert migrate.down(url, 1, shown) == shown


def test_a_failing_migration_is_named_and_leaves_nothing_of_itself(
    empty_database_url: str, directory: Path
) -> None:
    (directory / "0003.three.sql").write_text("CREATE TABLE three (n int); SELECT nonsense;")
    with pytest.raises(Failure, match=r'0003\.three failed: column "nonsense" does not exist'):
        migrate.up(empty_database_url)
    assert tables(empty_database_url) == {"one", "two"}


def test_a_new_migration_times_out_after_a_dump_before_all_others_wait_for_it(
    empty_database_url: str, directory: Path
) -> None:
    migrate.up(empty_database_url)
    forward, _ = new_migration.new("change one", directory)
    with forward.open("a") as file:
        file.write("ALTER TABLE one ADD COLUMN m int;\n")
    with psycopg.connect(empty_database_url) as dump:
        dump.execute("SELECT FROM one LIMIT 1")
        with pytest.raises(Failure, match=r"0003\.change-one failed: .*lock timeout"):
            migrate.up(empty_database_url)
        with psycopg.connect(empty_database_url) as reader:
            reader.execute("SET lock_timeout = '400ms'; SELECT FROM one LIMIT 1")
    assert migrate.up(empty_database_url) == ["0003.change-one"]


def test_without_its_rollback_file_nothing_is_rolled_back(
    empty_database_url: str, directory: Path
) -> None:
    migrate.up(empty_database_url)
    (directory / "0001.one.rollback.sql").unlink()
    with pytest.raises(Failure, match=r"0001\.one\.rollback\.sql is missing"):
        migrate.down(empty_database_url, 2)
    assert tables(empty_database_url) == {"one", "two"}


@pytest.mark.usefixtures("directory")
def test_the_lock_of_a_killed_migration_does_not_stop_the_next(empty_database_url: str) -> None:
    migrate.status(empty_database_url)
    with psycopg.connect(empty_database_url) as conn:
        conn.execute("INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now(), 4711)")
    assert migrate.up(empty_database_url) == ["0001.one", "0002.two"]


def test_the_second_of_two_at_once_waits_and_finds_nothing_to_do(
    empty_database_url: str, directory: Path
) -> None:
    (directory / "0002.two.sql").write_text("CREATE TABLE two (n int); SELECT pg_sleep(1);")
    program = (
        "import sys; from pathlib import Path; from service.db import migrate; "
        "migrate.DIRECTORY = Path(sys.argv[1]); migrate.up(sys.argv[2])"
    )
    arguments = [sys.executable, "-c", program, str(directory), empty_database_url]
    with subprocess.Popen(arguments, env=environment(), stdout=subprocess.DEVNULL) as first:
        until(lambda: is_sleeping(empty_database_url), "the first does not migrate")
        assert migrate.up(empty_database_url) == []
    assert first.returncode == 0
    assert [step.name for step in migrate.history(empty_database_url)] == ["0001.one", "0002.two"]


def test_a_lock_that_another_user_took_is_named_and_not_waited_for_without_end(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(advisory_lock, "FOREIGN_LOCK_SECONDS", 0.5)
    reader = Logins(database_url).read()
    with psycopg.connect(reader, application_name="a tool", autocommit=True) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", [migrate.LOCK_KEY])
        holder = f"pid {conn.info.backend_pid}, user gati_read, a tool"
        with pytest.raises(Failure, match=re.escape(f"lock of migrations ({holder}): end it")):
            migrate.up(database_url)
        assert f"waiting for the lock of migrations: {holder}\n" in capsys.readouterr().err
    assert migrate.up(database_url) == []


def is_sleeping(url: str) -> bool:
    with psycopg.connect(url) as conn:
        found = conn.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        return found.fetchone() is not None


def test_no_migrations_is_an_error_and_not_success(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(MODULE, tmp_path / "none")
    with pytest.raises(Failure, match="holds no migrations"):
        migrate.up(empty_database_url)


def test_new_makes_the_next_pair_and_nothing_that_changes_the_database(
    empty_database_url: str, directory: Path
) -> None:
    forward, back = new_migration.new("create agent totals", directory)
    assert forward.name == "0003.create-agent-totals.sql"
    assert back.name == "0003.create-agent-totals.rollback.sql"
    for path in (forward, back):
        lines = path.read_text().splitlines()
        assert [line for line in lines if line and not line.startswith("--")] == [
            "SET LOCAL lock_timeout = '2s';"
        ]
    assert migrate.up(empty_database_url)[-1] == "0003.create-agent-totals"
    assert migrate.down(empty_database_url, 1) == ["0003.create-agent-totals"]


@pytest.mark.parametrize("name", ["", "../x", "Ünïcode", "UPPER", "a--b", "a/b"])
def test_new_refuses_a_name_that_is_no_words(tmp_path: Path, name: str) -> None:
    with pytest.raises(Failure, match="expected words"):
        new_migration.new(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:p%40ss%2Fw%3A%3F%23%25%26+%20x@host:6543/my%20data%2Fbase",
        "postgresql://gati@/gati?host=%2Fsome%2Fdir%20with%2Cspace&port=5432",
        "postgresql://me@[::1]:5433/gati?sslmode=require&options=-c%20search_path%3Da%2Cb",
        "postgresql://one:1,two:2/gati?target_session_attrs=read-write",
    ],
)
def test_yoyo_connects_with_what_the_url_says_and_not_for_ever(url: str) -> None:
    parsed = parse_uri(migrate.yoyo_url(url))
    said = conninfo_to_dict(url)
    options = parsed.args.pop("options")
    assert options == f"{said.pop('options', '')} {as_options(SYNTAX)}".lstrip()
    assert parsed.args == {"connect_timeout": "10", "client_encoding": "UTF8"} | said
    assert (parsed.username, parsed.password, parsed.hostname, parsed.port) == (None,) * 4


def test_another_database_on_the_same_server() -> None:
    url = migrate.url_with_database("postgresql://me:p%40%2B%20@h:1/gati?sslmode=require", "a b+c")
    assert conninfo_to_dict(url) == {
        "user": "me", "password": "p@+ ", "host": "h", "port": "1", "sslmode": "require",
        "dbname": "a b+c",
    }  # fmt: skip


def test_citus_is_refused_where_it_is_not_there(database_url: str, tmp_path: Path) -> None:
    refused = run(tmp_path, "migrate", "citus", DATABASE_URL=database_url)
    assert refused.returncode == 1
    assert refused.stdout == ""
    [line] = refused.stderr.splitlines()
    assert line.startswith("gati-backend: this database has no extension citus: CREATE EXTENSION")
    assert "citus_add_node" in line
