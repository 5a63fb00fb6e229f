"""The command line: one line for a wrong value, help for a stranger, the database in use."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from service import __version__
from service.__main__ import main
from service.cli.exit_codes import FAILED, MEANINGS, WRONG_VALUE
from service.cli.parser import COMMANDS, load
from service.config import SETTINGS, Config
from tests.leaks import PASSWORD
from tests.processes.harness import Service, command, environment, run

WRONG_VALUES = [
    ("PORT", "eight"),
    ("PORT", "0"),
    ("PORT", "65536"),
    ("PORT", "00000000809999"),
    ("PORT", "8" * 5_000),
    ("WORKERS", "-1"),
    ("THREADS", "1e3"),
    ("WORKER_CLASS", "sync"),
    ("DATABASE_POOL_SIZE", "1"),
    ("DATABASE_URL", "mysql://me:hunter2@localhost/gati"),
    ("DATABASE_URL", "postgresql://me:hunter2%SE@localhost/gati"),
    ("DATABASE_URL", "postgresql://me:hunt@er2@localhost/gati"),
    ("DATABASE_READ_URL", "postgresql://me:hunter2@[127.0.0.1/gati"),
    ("CORS_ORIGINS", "localhost:3000"),
    ("CORS_ORIGINS", "*,http://localhost:3000"),
    ("DEBUG", "maybe"),
    ("API_PREFIX", "api"),
    ("MAX_BATCH_SIZE", "0"),
    ("DATA_DIR", "/proc/none"),
    ("DATA_DIR", "/etc/passwd"),
    ("HOST", "no such host"),
    ("HOST", "203.0.113.1"),  # of no machine: reserved for documentation
]


@pytest.mark.parametrize(("name", "value"), WRONG_VALUES)
def test_a_wrong_value_is_one_line_naming_the_variable(
    open_dir: Path, name: str, value: str
) -> None:
    failed = run(open_dir, "serve", **{"DATA_DIR": open_dir / "data", name: value})
    assert failed.returncode == 2, failed.stderr
    assert failed.stderr.startswith(f"gati-backend: {name}")
    assert len(failed.stderr.splitlines()) == 1
    assert "er2" not in failed.stderr


def test_dotenv_is_read_and_the_environment_wins(open_dir: Path) -> None:
    (open_dir / ".env").write_text("PORT=from-file\nWORKERS=from-file-too\n")
    assert "PORT='from-file'" in run(open_dir, "migrate", "status").stderr
    assert "WORKERS='from-file-too'" in run(open_dir, "migrate", "status", PORT="8000").stderr


def test_an_empty_value_means_the_default(open_dir: Path) -> None:
    found = run(open_dir, "migrate", "new", "A wrong name", PORT="", DATABASE_URL="")
    assert found.returncode == 1  # and not 2: the values are fine


def test_help_names_every_variable_with_its_default(open_dir: Path) -> None:
    text = run(open_dir, "--help").stdout
    for setting in SETTINGS:
        assert re.search(rf"^  {setting.name} +.*\(default: .+\)$", text, re.MULTILINE)


@pytest.mark.parametrize("leading", ["", "0", "0" * 5_000])
def test_leading_zeros_of_a_number_mean_nothing(leading: str) -> None:
    assert Config.from_environment({"PORT": f"{leading}8001"}, Path("none")).port == 8001


WRONG_ARGUMENTS = [
    ([], "expected COMMAND, one of: serve, health, migrate,"),
    (["nonsense"], "there is no command 'nonsense'; there are: serve,"),
    (["kyes", "list"], "there is no command 'kyes'; did you mean keys?"),
    (["--nonsense"], "unrecognized arguments: --nonsense"),
    (["migrate"], "expected ACTION, one of: up, down, status,"),
    (["migrate", "statsu"], "there is no action 'statsu'; did you mean status?"),
    (["migrate", "down", "0"], "argument N: expected a number of migrations from 1 to 1000"),
    (["migrate", "up", "--wait", "1e3"], "argument --wait: expected a number of seconds from 0"),
    (["keys", "create", "a"], "the following arguments are required: --scope"),
    (["keys", "create", "a", "--scope", "all"], "expected one of ingest, read, admin, not 'all'"),
    (["retention", "--keep", "0d"], "expected a number of days from 1 to 36500, such as 90d"),
    (["retention", "--keep", "9" * 5_000], "expected a number of days from 1 to 36500"),
    (["prices", "reprice", "--since", "soon"], "expected a date or time such as 2026-11-01"),
    (["explain", "runs/timeline", "x"], "argument KEY=VALUE: expected key=value"),
    (["health", "--url", "localhost:8000"], "expected a URL such as http://127.0.0.1:8000"),
    (["dashboard", "--port", "65536"], "argument --port: expected a port from 1 to 65535"),
]


@pytest.mark.parametrize(("arguments", "expected"), WRONG_ARGUMENTS)
def test_a_wrong_argument_shows_the_usage_and_what_is_expected(
    capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr().err
    assert ended.value.code == WRONG_VALUE
    assert said.startswith("usage: python -m service")
    assert expected in said
    assert len(said) < 1_000


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "help"])
def test_each_command_has_help_in_both_ways(capsys: pytest.CaptureFixture[str], name: str) -> None:
    shown = []
    for arguments in (["help", *name.split()], [*name.split(), "--help"]):
        if arguments != ["psql", "--help"]:  # psql's own
            with pytest.raises(SystemExit) as ended:
                main(arguments)
            assert not ended.value.code
            shown.append(capsys.readouterr().out)
    assert shown[0].startswith(f"usage: python -m service {name} [-h]")
    assert shown[0] == shown[-1]
    assert load(name).DESCRIPTION.split()[0] in shown[0]


def test_help_lists_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    shown = []
    for arguments in (["--help"], ["help"], ["help", "help"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert not ended.value.code
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1] == shown[2]
    listed = [f"  {name:17}{text}" for name, (_, text) in COMMANDS.items()]
    listed += [f"  {code:<5}{text}" for code, text in MEANINGS.items()]
    assert "\n".join(listed).splitlines() == [
        line for line in shown[0].splitlines() if line in listed
    ]


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert not ended.value.code
    assert capsys.readouterr().out == f"GATI Backend {__version__}\n"


def test_only_the_chosen_command_is_imported(open_dir: Path) -> None:
    """The process of `serve` stays: it must hold neither psycopg nor yoyo in its memory."""
    program = """
import sys
from service.cli.parser import parse
parse(["serve"])
print([name for name in sys.modules if name.startswith(("psycopg", "yoyo", "sqlparse"))])
print(sorted(name for name in sys.modules if name.startswith("service.cli.")))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=open_dir,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "[]",
        "['service.cli.exit_codes', 'service.cli.parser', 'service.cli.serve']",
    ]


def test_a_removed_setting_is_one_line_unless_its_value_has_the_same_effect(
    open_dir: Path,
) -> None:
    (open_dir / ".env").write_text("LOG_REQUESTS=all\nMAX_HEADERS=100\nDASHBOARD_KEY=\n")
    said = run(open_dir, "migrate", "new", "A wrong name").stderr.splitlines()
    assert said[:-1] == [
        "gati-backend: LOG_REQUESTS no longer exists and is ignored: DEBUG=true logs every request"
    ]
    assert run(open_dir, "migrate", "up", "--quiet", PORT="x").stderr.startswith(
        "gati-backend: PORT"
    )


def test_config_has_a_field_for_each_setting_in_the_order_of_the_table() -> None:
    assert [field.name for field in fields(Config)] == [setting.field for setting in SETTINGS]


def test_psql_uses_the_running_service_s_database(standalone: Service) -> None:
    cwd, data_dir = standalone.data_dir.parent, standalone.data_dir
    shown = run(cwd, "psql", "-XAtc", "SELECT count(*) FROM events", DATA_DIR=data_dir)
    assert (shown.returncode, shown.stdout.strip()) == (0, "0"), shown.stderr
    assert standalone.is_healthy()


def test_psql_starts_and_stops_the_embedded_server_when_no_service_runs(made_dir: Path) -> None:
    data_dir = made_dir / "data"
    shown = run(made_dir, "psql", "-XAtc", "SELECT current_database()", DATA_DIR=data_dir)
    assert (shown.returncode, shown.stdout.strip()) == (0, "gati"), shown.stderr
    assert not (data_dir / "postgresql/postmaster.pid").exists()


def test_psql_uses_the_database_url(open_dir: Path, empty_database_url: str) -> None:
    question = "SELECT current_database() LIKE 'gati_test_empty%'"
    shown = run(open_dir, "psql", "-XAtc", question, DATABASE_URL=empty_database_url)
    assert (shown.returncode, shown.stdout.strip()) == (0, "t"), shown.stderr


def test_psql_shows_the_password_to_no_other_user_of_the_machine(
    open_dir: Path, empty_database_url: str
) -> None:
    assert PASSWORD in empty_database_url
    asked = "\\! tr '\\0' ' ' < /proc/$PPID/cmdline"
    shown = run(open_dir, "psql", "-Xc", asked, DATABASE_URL=empty_database_url)
    assert "psql" in shown.stdout
    assert PASSWORD not in shown.stdout


def test_psql_s_exit_code_is_handed_on(standalone: Service) -> None:
    failed = run(
        standalone.data_dir.parent,
        "psql",
        "-Xc",
        "SELECT nonsense",
        DATA_DIR=standalone.data_dir,
    )
    assert failed.returncode == 1
    assert 'column "nonsense" does not exist' in failed.stderr


def test_migrate_shows_what_the_running_service_has(standalone: Service) -> None:
    cwd, data_dir = standalone.data_dir.parent, standalone.data_dir
    status = run(cwd, "migrate", "status", DATA_DIR=data_dir)
    history = run(cwd, "migrate", "history", DATA_DIR=data_dir)
    assert status.returncode == 0
    names = re.findall(r"^applied +(\S+)$", status.stdout, re.MULTILINE)
    assert names
    assert re.findall(r"apply +(\S+) +by", history.stdout) == names


def test_explain_prints_the_plan_of_a_query(standalone: Service) -> None:
    run_id = "run_id=10000000-0000-4000-8000-000000000001"
    shown = run(
        standalone.data_dir.parent,
        "explain",
        "runs/timeline",
        run_id,
        DATA_DIR=standalone.data_dir,
    )
    assert shown.returncode == 0, shown.stderr
    assert "Execution Time" in shown.stdout


def test_a_reader_that_ends_first_is_no_traceback(standalone: Service) -> None:
    """As `python -m service explain … | head -1`."""
    query = ("runs/timeline", "run_id=10000000-0000-4000-8000-000000000001")
    with subprocess.Popen(
        command("explain", *query),
        cwd=standalone.data_dir.parent,
        env=environment(DATA_DIR=standalone.data_dir),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        process.stdout.close()
        assert process.wait(30) == FAILED
        assert process.stderr
        assert process.stderr.read() == b""


def test_a_query_that_does_not_exist_shows_the_nearest(standalone: Service) -> None:
    cwd, data_dir = standalone.data_dir.parent, standalone.data_dir
    failed = run(cwd, "explain", "runs/timelines", DATA_DIR=data_dir)
    assert failed.returncode == FAILED
    said = "there is no query 'runs/timelines' with a plan; did you mean runs/timeline?"
    assert failed.stderr == f"gati-backend: {said}\n"
