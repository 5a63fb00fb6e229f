"""migrations/ and sql/schema/ say the same, and every migration has its way back."""

import re
import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from service.core.clock import monday_of
from service.db import migrate, new_migration, schema_version
from service.db.partitions import ensure_partitions
from service.db.queries import SQL_DIRECTORY, Connection
from service.db.roles.grants import ensure_roles
from service.postgres.binaries import bundled_directory
from tests.client import Client
from tests.events import event, new_id

# Tables that others refer to come first.
SCHEMA_FILES = [
    "agents",
    "runs",
    "events",
    "event_times",
    "event_errors",
    "error_texts",
    "run_facts",
    "event_fields",
    "run_fields",
    "shown_runs",
    "paged_runs",
    "written_runs",
    "run_details",
    "listed_runs",
    "event_details",
    "priced_events",
    "exported_runs",
    "latency_buckets",
    "metric_deltas",
    "metric_names",
    "run_metrics",
    "fold_state",
    "daily_metrics",
    "quarter_hour_metrics",
    "daily_latency",
    "quarter_hour_latency",
    "latency_rollups",
    "daily_rollups",
    "agent_totals",
    "model_totals",
    "retired_metrics",
    "retired_versions",
    "expired_runs",
    "span_messages",
    "scores",
    "retired_scores",
    "api_keys",
    "audit_log",
    "model_prices",
    "price_providers",
    "price_patterns",
]
ROLES = "0006.roles"
YOYO = ["--exclude-table=*yoyo*"]
# pg_dump's own words; and pg_attver, a number that PostgreSQL 15.20 keeps with each column for
# itself, which a pg_dump that does not know of it takes for a setting.
NO_SCHEMA = re.compile(r"--|\\|SET |SELECT pg_cat|.* SET \(pg_attver=\d+\);$").match


def dump(url: str) -> str:
    """The schema as pg_dump writes it, without yoyo's tables and pg_dump's own words."""
    program = str(bundled_directory() / "pg_dump")
    command = [program, "--schema-only", "--no-owner", *YOYO, "--dbname", url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line for line in text.splitlines() if not NO_SCHEMA(line)]
    return "\n".join(line for line in lines if line)


def grant(url: str) -> None:
    """Let the roles do what they have to: what each `migrate up` does in the end."""
    with migrate.reach(url) as conn:
        ensure_roles(conn)


def test_migrations_make_what_the_schema_files_show(
    empty_database_url: str, database_url: str
) -> None:
    assert sorted(path.stem for path in (SQL_DIRECTORY / "schema").glob("*.sql")) == sorted(
        SCHEMA_FILES
    )
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        for name in SCHEMA_FILES:
            conn.execute((SQL_DIRECTORY / "schema" / f"{name}.sql").read_bytes())
    grant(empty_database_url)
    shown = dump(empty_database_url)
    assert "CREATE TABLE public.events" in shown
    with psycopg.connect(
        database_url, autocommit=True
    ) as conn:  # weekly partitions are the service's
        for (name,) in conn.execute(r"SELECT relname FROM pg_class WHERE relname ~ '^events_\d+$'"):
            conn.execute(f"DROP TABLE {name}")
    assert dump(database_url) == shown


def test_up_all_the_way_down_and_up_again(empty_database_url: str) -> None:
    nothing = dump(empty_database_url)
    applied = migrate.up(empty_database_url)
    everything = dump(empty_database_url)
    assert migrate.down(empty_database_url, len(applied)) == applied[::-1]
    assert dump(empty_database_url) == nothing
    assert migrate.up(empty_database_url) == applied
    assert dump(empty_database_url) == everything


def test_each_single_step_down_is_the_mirror_of_its_step_up(empty_database_url: str) -> None:
    states = []
    applied = migrate.up(empty_database_url)
    for _ in applied:
        states.append(dump(empty_database_url))
        migrate.down(empty_database_url, 1)
    for state in reversed(states):
        migrate_one(empty_database_url)
        assert dump(empty_database_url) == state


def migrate_one(url: str) -> None:
    """Apply the next migration alone."""
    with migrate.migrating(url) as backend:
        waiting = backend.to_apply(migrate.known_migrations())
        migrate.apply(backend, next(iter(waiting)))
    with migrate.reach(url) as conn:
        if ROLES in schema_version.applied_names(conn):
            ensure_roles(conn)


def test_the_roles_are_made_in_the_same_way_later_on() -> None:
    """In a cluster that a database with this migration is restored into."""
    migration = (schema_version.DIRECTORY / f"{ROLES}.sql").read_text()
    later = (SQL_DIRECTORY / "roles" / "create.sql").read_text()
    assert migration[migration.index("DO $$") :] == later[later.index("DO $$") :]


def test_every_migration_has_its_rollback_and_the_header_that_new_writes(tmp_path: Path) -> None:
    known = schema_version.known_names()
    written = [*schema_version.DIRECTORY.glob("*.sql"), *new_migration.new("a change", tmp_path)]
    assert len(written) == 2 * (len(known) + 1)
    for path in written:
        is_rollback = path.name.endswith(schema_version.ROLLBACK)
        title = path.name.removesuffix(schema_version.ROLLBACK if is_rollback else ".sql")
        forward = [f"-- {title}: ", "--", "-- locks    ", "-- safe     "]
        rollback = [f"-- {title}, backwards: ", "--", "-- locks    ", "-- loses    "]
        lines = path.read_text().splitlines()
        for line, beginning in zip(lines, rollback if is_rollback else forward, strict=False):
            assert line.startswith(beginning), path
        assert "SET LOCAL lock_timeout = '2s';" in lines, path
        assert is_rollback or path.with_name(title + schema_version.ROLLBACK).exists()


def test_weekly_partitions_reach_four_weeks_ahead(database_url: str, conn: Connection) -> None:
    day = date(2031, 3, 5)  # a Wednesday
    ensure_partitions(database_url, day)
    ensure_partitions(database_url, day)  # again: nothing to do
    rows = conn.execute("SELECT relname FROM pg_class WHERE relname LIKE 'events_2031%'").fetchall()
    names = {row["relname"] for row in rows if not row["relname"].endswith(("idx", "pkey"))}
    mondays = [monday_of(day) + timedelta(weeks=week) for week in range(5)]
    assert names == {f"events_{monday:%Y%m%d}" for monday in mondays}


def test_events_of_a_day_go_into_the_partition_of_its_week(
    database_url: str, conn: Connection
) -> None:
    day = date(2031, 3, 5)
    ensure_partitions(database_url, day)
    with Client.of(database_url, today=lambda: day) as client:
        client.send(event(new_id()))
    with Client.of(database_url, today=lambda: date(2040, 1, 1)) as client:
        client.send(event(new_id()))  # nobody made that week: DEFAULT takes it
    found = conn.execute("SELECT tableoid::regclass::text AS t FROM events ORDER BY 1").fetchall()
    assert [row["t"] for row in found] == ["events_20310303", "events_default"]


def test_a_run_stays_in_the_partition_of_its_first_day(database_url: str, conn: Connection) -> None:
    run = new_id()
    for day in (date(2031, 3, 5), date(2031, 3, 12)):
        ensure_partitions(database_url, day)
        with Client.of(database_url, today=lambda day=day: day) as client:  # type: ignore[misc]
            assert client.send(event(run)).json["inserted"] == 1
    found = conn.execute("SELECT DISTINCT tableoid::regclass::text AS t FROM events").fetchall()
    assert found == [{"t": "events_20310303"}]


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
@pytest.mark.parametrize("mode", ["file", "explain"])
def test_psql_runs_and_explains_the_very_files(
    database_url: str, mode: str, client: Client
) -> None:
    run = new_id()
    client.send(event(run, data={"answer": 42}))
    query = str(SQL_DIRECTORY / "runs" / "timeline.sql")
    explain = str(SQL_DIRECTORY / "explain.psql")
    chosen = ["-f", query] if mode == "file" else ["-v", f"file={query}", "-f", explain]
    command = ["psql", "-X", "-v", "ON_ERROR_STOP=1", "-v", f"run_id={run}", *chosen, database_url]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert ('{"answer": 42}' if mode == "file" else "events_") in printed
    assert mode == "file" or "actual time" in printed


def test_the_sql_folder_is_all_the_sql_there_is() -> None:
    service = Path(migrate.__file__).parents[1]
    for path in service.rglob("*.py"):
        found = re.search(
            r"""["'](SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH) """, path.read_text()
        )
        assert found is None, path


@pytest.mark.parametrize(("size", "compressed"), [(3_000, False), (10_000, True)])
def test_only_large_events_are_compressed(
    client: Client, conn: Connection, size: int, compressed: bool
) -> None:
    client.send(event(new_id(), data={"text": "all the same " * (size // 13)}))
    stored = conn.execute("SELECT pg_column_compression(data) IS NOT NULL AS yes FROM events")
    assert stored.fetchone() == {"yes": compressed}


# PostgreSQL 16 reads \v, too; to PostgreSQL 15 it is the letter v.
ESCAPES = re.compile(r"\\(?:[bfnrt\\']|x[0-9A-F]{2}|u[0-9a-f]{4})")


def test_escapes_mean_the_same_on_every_postgresql() -> None:
    strings = [
        (path.name, text)
        for path in SQL_DIRECTORY.rglob("*.sql")
        for text in re.findall(r"\bE'((?:[^'\\]|\\.|'')*)'", path.read_text())
    ]
    assert strings
    assert [found for found in strings if "\\" in ESCAPES.sub("", found[1])] == []
