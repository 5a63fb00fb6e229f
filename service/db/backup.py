"""Dump and restore: a database in use to a file, and a file into an empty database.

The file has pg_dump's custom format, which PostgreSQL's own pg_restore reads as well. It holds one
snapshot, taken while ingest continues.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, NamedTuple

from tqdm import tqdm

from service.core.failure import Failure
from service.db import migrate, old_dump, partitions
from service.db.queries import queries
from service.postgres import programs

PIPE = "-"  # in place of a file: standard input or output
CHUNK_BYTES = 262_144
CONTENTS_BYTES = 16 * 2**20  # a dump begins with its table of contents, about 1 KB per object
# pg_restore sends it before the first object; servers older than 17 do not know it.
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


class Dump(NamedTuple):
    """A dump that is being read: its beginning, which has the table of contents, and the rest."""

    head: bytes
    rest: IO[bytes]
    size: int | None


def dump(url: str, file: str) -> None:
    """Write the database to `file`, which gets its name once it is complete."""
    migrate.reach(url).close()  # a wrong URL becomes a Failure of one line
    if file == PIPE:
        return copy_out(url, sys.stdout.buffer)
    path = Path(file)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        # Readable by this user only, because traces hold prompts and outputs.
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
    """Run pg_dump into `target`, with a progress bar on a terminal."""
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            **programs.dumper(url, DUMP), stdin=subprocess.DEVNULL, stdout=PIPED, stderr=errors
        ) as program,
        progress("dump", None, leave=True) as bar,
    ):
        try:
            while chunk := program.stdout.read(CHUNK_BYTES):  # type: ignore[union-attr]
                target.write(chunk)
                bar.update(len(chunk))
            target.flush()
            program.wait()
        finally:
            program.kill()
        if program.returncode:
            raise Failure(f"nothing was dumped: {programs.first_line(errors)}")


def restore(url: str, file: str) -> list[str]:
    """Fill an empty database from `file`, all of it or nothing, then migrate it to this version.

    Returns the names of the migrations applied. Raises Failure if the database is not empty, or if
    the file is no dump or of a newer version. A dump from before 0.1.0 that fails to load leaves
    an empty schema.
    """
    with migrate.reach(url) as conn:
        found = queries.migrations.objects(conn).fetchone()
    if found is None or found["objects"]:
        raise Failure(
            "the database is not empty: restore into a new one (another DATA_DIR or database)"
        )
    if file == PIPE:
        applied = load(url, sys.stdin.buffer, None)
    else:
        try:
            with Path(file).open("rb") as source:
                applied = load(url, source, os.fstat(source.fileno()).st_size)
        except OSError as error:
            raise Failure(f"{file}: {error.strerror}") from None
    partitions.ensure_partitions(url)
    return applied


def load(url: str, source: IO[bytes], size: int | None) -> list[str]:
    """Load a dump and migrate; of a dump from before 0.1.0 the rows alone, into SCHEMA."""
    dump = Dump(source.read(CONTENTS_BYTES), source, size)
    entries = old_dump.list_entries(dump.head)
    if not old_dump.is_old(entries):
        copy_in(url, dump)
        return migrate.up(url)
    applied = migrate.up(url, old_dump.SCHEMA)
    first = queries.migrations.clear_fold_state.text + ";\n"
    with old_dump.selection(url, entries) as options:
        copy_in(url, dump, options, first)
    old_dump.refresh(url)
    return applied + migrate.up(url)


def copy_in(url: str, dump: Dump, options: Sequence[str] = (), first: str = "") -> None:
    """Pipe a dump through pg_restore and psql, in one transaction, with a progress bar.

    psql commits at the end of its input, so it is killed if pg_restore failed before.
    """
    script = [programs.newest("pg_restore"), *SCRIPT, *options]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(script, stdin=PIPED, stdout=PIPED, stderr=errors) as pg_restore,
        subprocess.Popen(**programs.shell(url, SHELL), stdin=PIPED, stderr=errors) as psql,
    ):
        feeder = threading.Thread(target=feed, args=(pg_restore, dump), daemon=True)
        try:
            feeder.start()
            send_script(pg_restore, psql, first)
            feeder.join()
            if pg_restore.wait() == 0:
                close(psql.stdin)
                psql.wait()
        finally:
            pg_restore.kill()
            psql.kill()
        if pg_restore.returncode or psql.returncode:
            raise Failure(f"nothing was restored: {programs.first_line(errors)}")


def feed(pg_restore: Process, dump: Dump) -> None:
    """Write the dump to pg_restore, which exits by itself if it cannot read it."""
    with progress("restore", dump.size) as bar:
        try:
            for chunk in chain([dump.head], iter(partial(dump.rest.read, CHUNK_BYTES), b"")):
                pg_restore.stdin.write(chunk)  # type: ignore[union-attr]
                bar.update(len(chunk))
        except BrokenPipeError:
            pass
        close(pg_restore.stdin)


def send_script(pg_restore: Process, psql: Process, first: str) -> None:
    """Pipe pg_restore's script into psql, without the setting that older servers do not know."""
    assert pg_restore.stdout  # noqa: S101
    assert psql.stdin  # noqa: S101
    with suppress(BrokenPipeError), pg_restore.stdout:
        psql.stdin.write(first.encode())
        for line in islice(pg_restore.stdout, HEAD_LINES):
            if line != UNKNOWN_SETTING:
                psql.stdin.write(line)
        shutil.copyfileobj(pg_restore.stdout, psql.stdin, CHUNK_BYTES)


def close(stream: IO[bytes] | None) -> None:
    """Close a pipe to a program that may have exited."""
    with suppress(BrokenPipeError):
        if stream:
            stream.close()


def progress(action: str, total: int | None, leave: bool = False) -> Any:
    """A progress bar of bytes on a terminal, which may stay there; nothing elsewhere."""
    return tqdm(total=total, desc=action, unit="B", unit_scale=True, disable=None, leave=leave)
