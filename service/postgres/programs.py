"""pg_dump, pg_restore and psql: which installation is used, and how they are called.

The embedded PostgreSQL 18 brings its own, which cannot encrypt connections; PATH may have others.
pg_dump rejects a server newer than itself, and pg_restore a file of a newer pg_dump.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service.core.failure import Failure
from service.postgres.binaries import bundled_directory


def dumper(url: str, options: list[str]) -> dict[str, Any]:
    """Popen's arguments for pg_dump: PATH's if it is new enough, else the bundled one."""
    with psycopg.connect(url) as conn:
        server = conn.info.server_version // 10_000
    for program in candidates("pg_dump"):
        if major(program) >= server:
            return call(program, url, options)
    raise Failure(f"PostgreSQL {server} needs its own pg_dump: install postgresql-client-{server}")


def shell(url: str, options: list[str]) -> dict[str, Any]:
    """Popen's arguments for psql."""
    return call(candidates("psql")[0], url, options)


def newest(name: str) -> str:
    """The newest program of this name: it reads the files of all older ones."""
    return max(candidates(name), key=major)


def candidates(name: str) -> list[str]:
    """The programs of this name: first PATH's, which can encrypt, then the bundled one."""
    found = shutil.which(name)
    bundled = str(Path(bundled_directory()) / name)
    return [found, bundled] if found else [bundled]


def major(program: str) -> int:
    """The major version of a program."""
    text = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"\d+", text)
    return int(match[0]) if match else 0


def call(program: str, url: str, options: list[str]) -> dict[str, Any]:
    """Popen's arguments. The password goes into the environment: every user sees a command line."""
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    secret = {"PGPASSWORD": str(password)} if password else {}
    return {
        "args": [program, f"--dbname={make_conninfo('', **parts)}", *options],
        "env": {**os.environ, **secret},
    }


def first_line(errors: IO[bytes]) -> str:
    """The first line that a program has written to its standard error."""
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return lines[0] if lines else "it was stopped"
