"""dump and restore: what comes back is what was there, or nothing at all."""

import os
import pty
import re
import subprocess
import termios
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.client import Client
from tests.databases import janitor, url_of
from tests.events import event, new_id
from tests.processes.harness import command, environment, run
from tests.processes.postgres import ask

AGENTS = ("one", "two", "it's \\ b%s")
FOLD = ("refresh", "--once")


@pytest.fixture(scope="module")
def source_url(server_url: str, template: str) -> Iterator[str]:
    """A database with events of several agents, some folded, some still in deltas."""
    name = "gati_test_dumped"
    with janitor(server_url, name, template):
        url = url_of(server_url, name)
        with Client.of(url) as client:
            for number, agent in enumerate(AGENTS):
                run_id = new_id()
                data = {"model": "m", "cost": 0.1, "text": "naïve \U0001f600 \\N"}
                batch = [
                    event(run_id, "llm_call", n, agent_name=agent, data=data) for n in range(9)
                ]
                assert client.send(*batch).status_code == 200
                if number == 1:
                    assert run(Path(), *FOLD, DATABASE_URL=url).returncode == 0
        yield url


@pytest.fixture(scope="module")
def dump_file(source_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its dump, the only file of its directory."""
    file = tmp_path_factory.mktemp("dump") / "gati.dump"
    made = run(file.parent, "dump", str(file), DATABASE_URL=source_url)
    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
    assert list(file.parent.iterdir()) == [file]
    assert file.stat().st_mode & 0o777 == 0o600
    return file


def contents(url: str) -> dict[str, str]:
    """Every table and materialized view, as one text each."""
    listed = (
        "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind IN "
        "('r', 'm') AND relnamespace = 'public'::regnamespace AND relname <> ALL "
        "('{_yoyo_log,_yoyo_version,yoyo_lock}')"
    )
    return {
        name: ask(
            url, f"SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM {name} t"
        )
        for name in ask(url, listed).split()
    }


def test_a_dump_restored_elsewhere_is_the_same_to_the_last_row(
    source_url: str, dump_file: Path, empty_database_url: str
) -> None:
    restored = run(dump_file.parent, "restore", str(dump_file), DATABASE_URL=empty_database_url)
    assert (restored.returncode, restored.stderr) == (0, "")
    found, expected = contents(empty_database_url), contents(source_url)
    assert expected["agent_totals"]
    assert expected["metric_deltas"]
    assert found == expected
    verified = run(dump_file.parent, "verify", DATABASE_URL=empty_database_url)
    assert verified.stdout == "no difference\n"
    with Client.of(empty_database_url) as client:
        assert client.send(event(new_id(), agent_name="one")).status_code == 200
        assert {agent["name"] for agent in client.ok("/api/agents")} == set(AGENTS)


def test_a_database_that_is_not_empty_is_left_alone(dump_file: Path, database_url: str) -> None:
    refused = run(dump_file.parent, "restore", str(dump_file), DATABASE_URL=database_url)
    assert refused.returncode == 1
    assert refused.stderr.startswith("gati-backend: the database is not empty: ")
    assert ask(database_url, "SELECT count(*) FROM events") == "0"


@pytest.mark.parametrize("part", [0.0, 0.5, 0.95])
def test_a_dump_that_was_cut_off_restores_nothing(
    dump_file: Path, tmp_path: Path, empty_database_url: str, part: float
) -> None:
    whole = dump_file.read_bytes()
    cut = tmp_path / "cut"
    cut.write_bytes(whole[: int(part * len(whole))])
    failed = run(tmp_path, "restore", str(cut), DATABASE_URL=empty_database_url)
    assert failed.returncode == 1
    assert failed.stderr.startswith("gati-backend: nothing was restored: ")
    assert len(failed.stderr.splitlines()) == 1
    assert (
        ask(empty_database_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0"
    )


def test_a_dump_that_fails_leaves_the_previous_one(dump_file: Path, source_url: str) -> None:
    before = dump_file.read_bytes()
    with psycopg.connect(source_url) as conn:
        conn.execute("CREATE ROLE nobody_much LOGIN")
        conn.commit()
        try:
            url = psycopg.conninfo.make_conninfo(source_url, user="nobody_much")
            parts = psycopg.conninfo.conninfo_to_dict(url)
            uri = f"postgresql:///{parts['dbname']}?user=nobody_much&host={parts['host']}&port={parts['port']}"
            failed = run(dump_file.parent, "dump", str(dump_file), "--yes", DATABASE_URL=uri)
        finally:
            conn.execute("DROP ROLE nobody_much")
    assert failed.returncode == 1
    assert failed.stderr.startswith("gati-backend: nothing was dumped: ")
    assert list(dump_file.parent.iterdir()) == [dump_file]
    assert dump_file.read_bytes() == before


def test_a_dump_replaces_no_file_without_a_yes(source_url: str, tmp_path: Path) -> None:
    file = tmp_path / "mine"
    file.write_text("something else")
    refused = run(tmp_path, "dump", "mine", DATABASE_URL=source_url)
    assert refused.returncode == 1
    assert refused.stdout == "mine exists and would be replaced\n"
    assert refused.stderr == "gati-backend: nothing was done: add --yes to confirm\n"
    assert file.read_text() == "something else"
    assert run(tmp_path, "dump", "mine", "--yes", DATABASE_URL=source_url).returncode == 0
    assert file.read_bytes().startswith(b"PGDMP")


def test_a_terminal_sees_size_and_time_of_a_dump(source_url: str, tmp_path: Path) -> None:
    terminal, its_end = pty.openpty()
    termios.tcsetwinsize(its_end, (24, 80))
    try:
        subprocess.run(
            command("dump", "mine"),
            cwd=tmp_path,
            env=environment(DATABASE_URL=source_url),
            stderr=its_end,
            check=True,
            timeout=60,
        )
        seen = os.read(terminal, 65_536).decode()
    finally:
        os.close(terminal)
        os.close(its_end)
    assert re.search(r"dump: [\d.]+kB \[00:\d\d, .*\]\s+$", seen)


def test_the_embedded_database_travels_through_a_pipe(
    made_dir: Path, empty_database_url: str
) -> None:
    dumped = subprocess.run(
        command("dump", "-"),
        cwd=made_dir,
        env=environment(DATA_DIR=made_dir / "data"),
        capture_output=True,
        check=True,
        timeout=60,
    )
    restored = subprocess.run(
        command("restore", "-"),
        input=dumped.stdout,
        cwd=made_dir,
        env=environment(DATABASE_URL=empty_database_url),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (restored.returncode, restored.stderr) == (0, b"")
    assert run(made_dir, "migrate", "status", DATABASE_URL=empty_database_url).returncode == 0
