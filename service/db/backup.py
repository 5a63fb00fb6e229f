"""Dump and restore: the database in use to a file, and a file into an empty database.

The file is pg_dump's custom format, of one snapshot, taken while events come in; PostgreSQL's own
pg_restore reads it as well.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any

from tqdm import tqdm

from service.core.failure import Failure
from service.db import migrate, partitions
from service.db.queries import queries
from service.postgres import programs

PIPE = "-"  # in place of a file: standard input or output
CHUNK_BYTES = 262_144
# Of everything that pg_restore says before the first object; servers before 17 do not know it.
UNKNOWN_SETTING = b"SET transaction_timeout = 0;\n"

HEAD_LINES = 40
DUMP = ["--format=custom", "--no-owner", "--no-privileges"]
SCRIPT = ["--no-owner", "--no-privileges", "--exit-on-error", "--file=-"]
SHELL = [
    "--quiet",
    "--no-psqlrc",
    "--single-transaction",
    "--set=ON_ERROR_STOP=1",
    "--output=/dev/null",
]
PIPED = subprocess.PIPE

Process = subprocess.Popen[bytes]


def dump(url: str, file: str) -> None:
    """Write the database to `file`, which appears under its name when it is complete."""
    migrate.reach(url).close()  # what is wrong with the URL is said in one line
    if file == PIPE:
        return copy_out(url, sys.stdout.buffer)
    path = Path(file)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        # Traces hold prompts and outputs: for nobody else to read.
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            copy_out(url, target)
            os.fsync(target.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)


def copy_out(url: str, target: IO[bytes]) -> None:
    """Copy what pg_dump writes, with a bar on a terminal."""
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            **programs.dumper(url, DUMP), stdin=subprocess.DEVNULL, stdout=PIPED, stderr=said
        ) as program,
        progress("dump", None) as bar,
    ):
        try:
            while part := program.stdout.read(CHUNK_BYTES):  # type: ignore[union-attr]
                target.write(part)
                bar.update(len(part))
            target.flush()
            program.wait()
        finally:
            program.kill()
        if program.returncode:
            raise Failure(f"nothing was dumped: {programs.first_line(said)}")


def restore(url: str, file: str) -> list[str]:
    """Fill an empty database from `file`, all of it or nothing, then migrate it to this version.

    Returns the names of the migrations applied. Raises Failure: not empty, no dump, a dump of a
    newer version.
    """
    with migrate.reach(url) as conn:
        found = queries.migrations.objects(conn).fetchone()
    if found is None or found["objects"]:
        raise Failure(
            "the database is not empty: restore into a new one (another DATA_DIR or database)"
        )
    if file == PIPE:
        copy_in(url, sys.stdin.buffer, None)
    else:
        try:
            with Path(file).open("rb") as source:
                copy_in(url, source, os.fstat(source.fileno()).st_size)
        except OSError as error:
            raise Failure(f"{file}: {error.strerror}") from None
    applied = migrate.up(url)
    partitions.ensure_partitions(url)
    return applied


def copy_in(url: str, source: IO[bytes], size: int | None) -> None:
    """Send a dump through pg_restore and psql, in one transaction, with a bar on a terminal.

    psql commits at the end of its input, so it is killed where that came too soon.
    """
    script = [programs.newest("pg_restore"), *SCRIPT]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(script, stdin=PIPED, stdout=PIPED, stderr=said) as reader,
        subprocess.Popen(**programs.shell(url, SHELL), stdin=PIPED, stderr=said) as psql,
    ):
        feeder = threading.Thread(target=feed, args=(reader, source, size), daemon=True)
        try:
            feeder.start()
            pass_on(reader, psql)
            feeder.join()
            if reader.wait() == 0:
                close(psql.stdin)
                psql.wait()
        finally:
            reader.kill()
            psql.kill()
        if reader.returncode or psql.returncode:
            raise Failure(f"nothing was restored: {programs.first_line(said)}")


def feed(reader: Process, source: IO[bytes], size: int | None) -> None:
    """Give pg_restore the dump; it ends by itself when it cannot read it."""
    with progress("restore", size) as bar:
        try:
            while part := source.read(CHUNK_BYTES):
                reader.stdin.write(part)  # type: ignore[union-attr]
                bar.update(len(part))
        except BrokenPipeError:
            pass
        close(reader.stdin)


def pass_on(reader: Process, psql: Process) -> None:
    """Give psql what pg_restore writes, but for the setting that older servers do not know."""
    assert reader.stdout  # noqa: S101
    assert psql.stdin  # noqa: S101
    with suppress(BrokenPipeError), reader.stdout:
        for line in islice(reader.stdout, HEAD_LINES):
            if line != UNKNOWN_SETTING:
                psql.stdin.write(line)
        shutil.copyfileobj(reader.stdout, psql.stdin, CHUNK_BYTES)


def close(stream: IO[bytes] | None) -> None:
    """Close a pipe to a program that may have ended."""
    with suppress(BrokenPipeError):
        if stream:
            stream.close()


def progress(what: str, total: int | None) -> Any:
    """A bar of bytes on a terminal; nothing elsewhere."""
    return tqdm(total=total, desc=what, unit="B", unit_scale=True, disable=None, leave=False)
