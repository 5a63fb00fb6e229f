"""A command whose database goes away, or has no schema, ends with one line."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from service.db import migrate
from tests.processes.harness import command, environment, run, until

AT_YOYO = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%yoyo_%'"
COMMANDS = [
    "explain events/find event_id=6738206f-76cb-447b-b55e-2647469279a0",
    "import events.ndjson",
    "keys create laptop --scope read",
    "keys list",
    "keys revoke laptop",
    "prices list",
    "prices reprice --since 2026-01-01",
    "refresh --once",
    "retention --keep 90d --dry-run",
    "retention --keep 90d --yes",
    "verify",
]


@pytest.mark.parametrize("line", COMMANDS)
def test_without_a_schema(empty_database_url: str, tmp_path: Path, line: str) -> None:
    (tmp_path / "events.ndjson").write_text("")
    failed = run(tmp_path, *line.split(), DATABASE_URL=empty_database_url)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith("gati-backend: the database lacks 0001.schema, ")
    assert failed.stderr.endswith(": run python -m service migrate up\n")
    assert failed.stderr.count("\n") == 1


@pytest.mark.parametrize("table", ["_yoyo_log", "yoyo_lock", "pg_class"])
def test_migrate_up_whose_connections_are_cut(
    empty_database_url: str, tmp_path: Path, table: str
) -> None:
    migrate.up(empty_database_url)
    migrate.down(empty_database_url, 1)
    with (
        psycopg.connect(empty_database_url) as holder,
        psycopg.connect(empty_database_url, autocommit=True) as conn,
    ):
        holder.execute(f"LOCK TABLE {table} IN SHARE MODE")
        with subprocess.Popen(
            command("migrate", "up"),
            cwd=tmp_path,
            env=environment(DATABASE_URL=empty_database_url),
            stderr=subprocess.PIPE,
            text=True,
        ) as migrating:
            until(lambda: conn.execute(AT_YOYO).fetchone(), "it does not reach the table")
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> ALL (%s)",
                [[conn.info.backend_pid, holder.info.backend_pid]],
            )
            _, printed = migrating.communicate(timeout=30)
    assert migrating.returncode == 1
    assert printed.startswith("gati-backend: ")
    assert printed.count("\n") == 1
    assert migrate.up(empty_database_url)


def test_the_check_before_a_start_without_its_database(tmp_path: Path) -> None:
    failed = subprocess.run(
        [sys.executable, "-m", "service.server.startup_check"],
        cwd=tmp_path,
        env=environment(DATABASE_URL=f"postgresql:///gati?host={tmp_path}"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert failed.returncode == 1
    assert failed.stderr.startswith("gati-backend: the database did not answer: ")
    assert failed.stderr.count("\n") == 1
