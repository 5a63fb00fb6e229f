"""The embedded server: made, found again, recovered, and kept within bounds."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from service.core.failure import Failure
from service.postgres import gati_conf, server
from service.postgres.server import EmbeddedServer
from tests.processes.harness import REPOSITORY, environment, until
from tests.processes.postgres import BIN_DIR, PG, ask, do, postmaster_of, started


def test_it_is_durable_utf8_and_reached_over_its_socket_alone(copy_dir: Path) -> None:
    with started(copy_dir / "data") as running:
        settings = {
            name: ask(running.url, f"SHOW {name}")
            for name in (
                "fsync", "synchronous_commit", "full_page_writes", "data_checksums",
                "server_encoding", "lc_collate" if PG == "15" else "timezone", "listen_addresses",
            )
        }  # fmt: skip
        mistakes = ask(running.url, "SELECT count(*) FROM pg_file_settings WHERE error IS NOT NULL")
        socket_mode = stat.S_IMODE((copy_dir / "data/postgresql/.s.PGSQL.5432").stat().st_mode)
    assert list(settings.values())[:5] == ["on", "on", "on", "on", "UTF8"]
    assert settings["listen_addresses"] == ""
    assert mistakes == "0"
    assert socket_mode == 0o700


def test_what_was_stored_is_there_after_a_stop_and_a_start(open_dir: Path) -> None:
    with started(open_dir / "data") as running:
        do(running.url, "CREATE TABLE kept AS SELECT 42 AS n")
    assert not running.is_alive()
    with started(open_dir / "data") as running:
        assert ask(running.url, "SELECT n FROM kept") == "42"


def test_a_server_that_a_killed_predecessor_left_is_adopted(copy_dir: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from service.postgres.server import "
        "EmbeddedServer; b = sys.argv[2] and Path(sys.argv[2]) or None; "
        "EmbeddedServer(Path(sys.argv[1]), b).start(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    data_dir = copy_dir / "data"
    arguments = [sys.executable, "-c", program, str(data_dir), str(BIN_DIR or "")]
    killed = subprocess.run(arguments, env=environment(), cwd=REPOSITORY, check=False)
    assert killed.returncode == -signal.SIGKILL
    left = postmaster_of(data_dir)
    with started(data_dir) as running:
        assert postmaster_of(data_dir) == left
        assert ask(running.url, "SELECT current_database()") == "gati"
    assert not running.is_alive()


def test_after_a_kill_it_starts_although_a_backend_is_busy(copy_dir: Path) -> None:
    data_dir = copy_dir / "data"
    with started(data_dir) as running:
        # A backend in a long computation notices the postmaster's death only at its end.
        busy = "SELECT count(*) FROM generate_series(1, 3000000000)"
        thread = threading.Thread(target=ignore_errors, args=(running.url, busy))
        thread.start()
        active = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%3000000000)'"
        until(lambda: ask(running.url, active) == "1", "the query does not run")
        os.kill(postmaster_of(data_dir), signal.SIGKILL)
        until(lambda: not running.is_alive(), "it lives")
        running.start()
        assert ask(running.url, "SELECT 1") == "1"
        thread.join(10)
        assert not thread.is_alive()


def ignore_errors(url: str, question: str) -> None:
    try:
        ask(url, question)
    except psycopg.Error:
        return


def test_a_pid_file_whose_pid_another_program_has_by_now_is_stale(copy_dir: Path) -> None:
    data_dir = copy_dir / "data"
    with started(data_dir) as running:
        pid_file = data_dir / "postgresql/postmaster.pid"
        left = pid_file.read_text().splitlines()
    owner = (data_dir / "postgresql").stat().st_uid
    other = subprocess.Popen(["sleep", "60"], user=owner if os.geteuid() == 0 else None)
    try:
        pid_file.write_text("\n".join([str(other.pid), *left[1:]]) + "\n")
        with started(data_dir) as running:
            assert ask(running.url, "SELECT 1") == "1"
    finally:
        other.kill()
        other.wait()


def test_data_of_another_major_version_is_refused_in_words(copy_dir: Path) -> None:
    (copy_dir / "data/postgresql/PG_VERSION").write_text("14\n")
    with pytest.raises(Failure, match=r"made by PostgreSQL 14, this is 1\d: dump it"):
        EmbeddedServer(copy_dir / "data", BIN_DIR).start()


def test_what_prevents_the_start_is_said_with_the_log(copy_dir: Path) -> None:
    with (copy_dir / "data/postgresql/postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(Failure, match=r'did not start: .*"no_such_setting"'):
        EmbeddedServer(copy_dir / "data", BIN_DIR).start()


def test_a_socket_that_was_deleted_does_not_stop_the_next_start(
    copy_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ADOPTION_SECONDS", 0.5)
    with started(copy_dir / "data") as running:
        (copy_dir / "data/postgresql/.s.PGSQL.5432").unlink()
        with started(copy_dir / "data") as next_one:
            assert ask(next_one.url, "SELECT 1") == "1"
        assert not running.is_alive()


def test_a_restart_does_not_make_an_empty_database_of_one_that_vanished(copy_dir: Path) -> None:
    with started(copy_dir / "data") as running:
        running.stop()
        shutil.rmtree(copy_dir / "data/postgresql")
        with pytest.raises(Failure, match="is gone"):
            running.launch()
    assert not (copy_dir / "data/postgresql").exists()


def test_settings_of_the_machine_s_owner_win(copy_dir: Path) -> None:
    with (copy_dir / "data/postgresql/postgresql.conf").open("a") as settings:
        settings.write("jit = on\n")
    with started(copy_dir / "data") as running:
        assert ask(running.url, "SHOW jit") == "on"


def test_the_log_is_bounded(copy_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.postgres.log.LOG_BYTES", 1000)
    log = copy_dir / "data/postgresql.log"
    with started(copy_dir / "data") as running:
        log.write_bytes(log.read_bytes() + b"x" * 2000)
        running.rotate_log()
        assert log.stat().st_size < 1000
        # PostgreSQL writes on at the end, not at its old position.
        do(running.url, "DO $$ BEGIN RAISE LOG 'after the rotation'; END $$")
    assert "after the rotation" in log.read_text().splitlines()[0]
    assert "x" * 2000 in log.with_name("postgresql.log.1").read_text()


def test_variables_of_psql_do_not_lead_it_astray(
    copy_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGPORT": "1", "PGHOST": "nowhere", "PGDATA": "/none"}.items():
        monkeypatch.setenv(name, value)
    with started(copy_dir / "data") as running:
        assert ask(running.url, "SELECT current_user") == "gati"


@pytest.mark.parametrize(
    ("free", "most", "least"),
    [(0, 96, 32), (400, 96, 32), (8_000, 1_000, 250), (10**6, 4096, 1024)],
)
def test_the_log_of_writes_is_no_larger_than_the_disk_allows(
    free: int, most: int, least: int
) -> None:
    found = {name: value for name, value, _ in gati_conf.for_disk(free)}
    assert found == {"max_wal_size": f"'{most}MB'", "min_wal_size": f"'{least}MB'"}


def test_the_cause_of_a_death_is_the_panic_and_never_an_older_start_s(copy_dir: Path) -> None:
    log = copy_dir / "data/postgresql.log"
    log.write_text("2026 [1] PANIC:  of an earlier start\n")
    with started(copy_dir / "data") as running:
        assert running.cause_of_death == ""
        with log.open("a") as file:
            file.write(
                "2026 [2] LOG:  x\n2026 [3] FATAL:  a\n2026 [4] PANIC:  b\n2026 [5] FATAL:  c\n"
            )
        assert running.cause_of_death == "PANIC:  b"
