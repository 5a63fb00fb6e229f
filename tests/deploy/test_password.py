"""PostgreSQL's start in compose: a password is made once, printed once, and libpq finds it."""

import os
import re
import stat
import subprocess
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Literal

from tests.deploy.proxy import DEPLOY
from tests.processes.harness import until
from tests.processes.postgres import ask, started

START = DEPLOY / "postgres" / "start.sh"
SHOWN = re.compile(r"user gati is (\S+)\. It is shown this once\.")


@pytest.fixture
def volumes(tmp_path: Path) -> Path:
    """The volumes, empty, and the image's own script, which here prints what it is given."""
    for name in ("password", "data", "bin"):
        (tmp_path / name).mkdir()
    entrypoint = tmp_path / "bin" / "docker-entrypoint.sh"
    entrypoint.write_text(
        "#!/bin/sh\n"
        'echo "image: $*: ${POSTGRES_PASSWORD-unset}: $(cat "$POSTGRES_PASSWORD_FILE")"\n'
    )
    entrypoint.chmod(0o755)
    return tmp_path


def start(volumes: Path, **variables: str) -> str:
    """Run the script as the container does; what it prints."""
    me = f"{os.getuid()}:{os.getgid()}"
    done = subprocess.run(
        ["sh", str(START), "postgres", "-c", "jit=off"],
        env={
            "PATH": f"{volumes / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PASSWORD_DIRECTORY": str(volumes / "password"),
            "PGDATA": str(volumes / "data"),
            "PGPASS_USER": me,
            **variables,
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stdout


def given(password: str) -> dict[str, str]:
    """The variable of .env."""
    return {"POSTGRES_PASSWORD": password}


def test_it_is_made_once_and_printed_once(volumes: Path) -> None:
    first = start(volumes)
    [password] = SHOWN.findall(first)
    assert re.fullmatch(r"[0-9a-f]{48}", password)
    assert f"image: postgres -c jit=off: unset: {password}\n" in first
    (volumes / "data" / "PG_VERSION").write_text("18\n")
    second = start(volumes)
    assert second == f"image: postgres -c jit=off: unset: {password}\n"
    for name in ("password", "pgpass"):
        assert stat.S_IMODE((volumes / "password" / name).stat().st_mode) == 0o600
    assert {path.name for path in (volumes / "password").iterdir()} == {"password", "pgpass"}


def test_one_that_is_given_wins_and_is_not_printed_by_the_script(volumes: Path) -> None:
    start(volumes)
    assert start(volumes, **given("chosen")) == ("image: postgres -c jit=off: unset: chosen\n")


def test_a_database_of_an_earlier_version_keeps_its_password_and_is_warned(volumes: Path) -> None:
    (volumes / "data" / "PG_VERSION").write_text("18\n")
    said = start(volumes)
    assert "ALTER ROLE gati PASSWORD" in said
    assert said.endswith("image: postgres -c jit=off: unset: gati\n")


@pytest.mark.parametrize("password", ["plain", "a:b\\c d'e\"@/%$x"])
def test_libpq_finds_it_in_the_file(volumes: Path, copy_dir: Path, password: str) -> None:
    start(volumes, **given(password))
    passfile = str(volumes / "password" / "pgpass")
    with started(copy_dir / "data") as running:
        with psycopg.connect(running.url) as conn:
            conn.execute(SQL("ALTER ROLE gati PASSWORD {}").format(Literal(password)))
        hba = copy_dir / "data" / "postgresql" / "pg_hba.conf"
        trusting = hba.read_text()
        hba.write_text("local all all scram-sha-256\n")
        with psycopg.connect(running.url, passfile=passfile) as conn:
            conn.execute("SELECT pg_reload_conf()")
        until(lambda: is_refused(running.url), "no password is asked for")
        assert ask(make_conninfo(running.url, passfile=passfile), "SELECT 1") == "1"
        hba.write_text(trusting)


def is_refused(url: str) -> bool:
    """Whether a session without a password is refused."""
    try:
        ask(url, "SELECT 1")
    except psycopg.OperationalError as error:
        return "no password supplied" in str(error)
    return False
