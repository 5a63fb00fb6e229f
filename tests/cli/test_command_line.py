"""The command line: one line for a wrong value, help for a stranger, the database in use."""

import re
from pathlib import Path

import pytest

from service.config import SETTINGS
from tests.leaks import PASSWORD
from tests.processes.harness import Service, run

WRONG_VALUES = [
    ("PORT", "eight"),
    ("PORT", "0"),
    ("PORT", "65536"),
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


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["migrate"], ["migrate", "down", "0"]])
def test_a_command_that_does_not_exist_shows_the_usage(
    open_dir: Path, arguments: list[str]
) -> None:
    failed = run(open_dir, *arguments)
    assert failed.returncode == 2
    assert failed.stderr.startswith("usage: python -m service")


def test_psql_uses_the_running_service_s_database(standalone: Service) -> None:
    cwd, data_dir = standalone.data_dir.parent, standalone.data_dir
    shown = run(cwd, "psql", "-XAtc", "SELECT count(*) FROM events", DATA_DIR=data_dir)
    assert (shown.returncode, shown.stdout.strip()) == (0, "0"), shown.stderr
    assert standalone.is_healthy()


def test_psql_starts_and_stops_the_embedded_server_when_no_service_runs(open_dir: Path) -> None:
    data_dir = open_dir / "data"
    shown = run(open_dir, "psql", "-XAtc", "SELECT current_database()", DATA_DIR=data_dir)
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


def test_explain_wants_key_value_pairs(standalone: Service) -> None:
    failed = run(
        standalone.data_dir.parent,
        "explain",
        "runs/timeline",
        "x",
        DATA_DIR=standalone.data_dir,
    )
    assert failed.returncode == 1
    assert failed.stderr == "gati-backend: 'x': expected key=value\n"
