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
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, NamedTuple

from tqdm import tqdm

from service.core.failure import Failure
from service.db import dump_file, migrate, old_dump, partitions
from service.db.connections import connect
from service.db.dump_checksum import Damaged, Summing, checked
from service.db.dump_file import PIPE
from service.db.queries import is_distributed, queries
from service.db.session_settings import DIRECT
from service.postgres import programs

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


class Source(NamedTuple):
    """Where a dump is read from: a stream, its name for the user, and its size if known."""

    stream: IO[bytes]
    name: str
    size: int | None

    def check(self) -> None:
        """Read all of a file first, because pg_restore may hang on a damaged one.

        Raises Damaged. What can be read once only is checked while it is restored.
        """
        if self.stream.seekable():
            with progress("check", self.size) as bar:
                for chunk in checked(self.chunks(), self.name):
                    bar.update(len(chunk))
            self.stream.seek(0)

    def chunks(self) -> Iterator[bytes]:
        """Read what is left."""
        return iter(partial(self.stream.read, CHUNK_BYTES), b"")


def has_events(url: str) -> bool:
    """Whether the database has the service's tables, of any version.

    Raises Failure for a database that cannot be reached.
    """
    with migrate.reach(url) as conn:
        [row] = queries.migrations.has_events(conn).fetchall()
    return bool(row["has_events"])


def is_on_a_cluster(url: str) -> bool:
    """Whether the database is spread over the nodes of a Citus cluster."""
    with connect(url, DIRECT, "dump") as conn:
        return is_distributed(conn)


def dump(url: str, file: str) -> None:
    """Write the database to `file`; a regular file gets its name once it is complete."""
    with dump_file.writing(file) as target:
        copy_out(url, target)


def copy_out(url: str, target: IO[bytes]) -> None:
    """Run pg_dump into `target`, with a progress bar on a terminal."""
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            **programs.dumper(url, DUMP), stdin=subprocess.DEVNULL, stdout=PIPED, stderr=errors
        ) as program,
        progress("dump", None, leave=True) as bar,
    ):
        summing = Summing(target)
        try:
            while chunk := program.stdout.read(CHUNK_BYTES):  # type: ignore[union-attr]
                summing.write(chunk)
                bar.update(len(chunk))
            program.wait()
        finally:
            program.kill()
        if program.returncode:
            raise Failure(f"nothing was dumped: {programs.first_line(errors)}")
        summing.end()


def restore(url: str, file: str) -> list[str]:
    """Fill an empty database from `file`, all of it or nothing, then migrate it to this version.

    Returns the names of the migrations applied. Raises Failure if the database is not empty, or if
    the file is no dump, lacks the service's tables, or is of a newer version. A dump from before
    0.1.0 that fails to load leaves an empty schema.
    """
    with migrate.reach(url) as conn:
        found = queries.migrations.objects(conn).fetchone()
    if found is None or found["objects"]:
        raise Failure(
            "the database is not empty: restore into a new one (another DATA_DIR or database)"
        )
    if file == PIPE:
        applied = load(url, Source(sys.stdin.buffer, "standard input", None))
    else:
        try:
            with Path(file).open("rb") as stream:
                source = Source(stream, file, os.fstat(stream.fileno()).st_size)
                source.check()
                applied = load(url, source)
        except OSError as error:
            raise Failure(f"{file}: {error.strerror}") from None
    partitions.ensure_partitions(url)
    return applied


def load(url: str, source: Source) -> list[str]:
    """Load a dump and migrate; of a dump from before 0.1.0 the rows alone, into SCHEMA."""
    head = source.stream.read(CONTENTS_BYTES)
    entries = old_dump.list_entries(head)
    if entries is not None and not old_dump.has_events(entries):
        raise Failure(f"nothing was restored: {source.name} is a dump without the table events")
    if entries is None or not old_dump.is_old(entries):
        copy_in(url, source, head)
        return migrate.up(url)
    applied = migrate.up(url, old_dump.SCHEMA)
    first = queries.migrations.clear_fold_state.text + ";\n"
    with old_dump.selection(url, entries) as options:
        copy_in(url, source, head, options, first)
    old_dump.refresh(url)
    return applied + migrate.up(url)


def copy_in(
    url: str, source: Source, head: bytes, options: Sequence[str] = (), first: str = ""
) -> None:
    """Pipe a dump through pg_restore and psql, in one transaction, with a progress bar.

    psql commits at the end of its input, so it is killed if the dump is damaged or pg_restore
    failed before.
    """
    script = [programs.newest("pg_restore"), *SCRIPT, *options]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(script, stdin=PIPED, stdout=PIPED, stderr=errors) as pg_restore,
        subprocess.Popen(**programs.shell(url, SHELL), stdin=PIPED, stderr=errors) as psql,
    ):
        damage: list[Damaged] = []
        feeder = threading.Thread(target=feed, args=(pg_restore, source, head, damage), daemon=True)
        try:
            feeder.start()
            send_script(pg_restore, psql, first)
            feeder.join()
            if pg_restore.wait() == 0 and not damage:
                close(psql.stdin)
                psql.wait()
        finally:
            pg_restore.kill()
            psql.kill()
        if damage:
            raise damage[0]
        if pg_restore.returncode > 0:
            raise Failure(
                f"nothing was restored: {source.name} is no dump, or it is cut short or damaged: "
                f"{programs.first_line(errors)}"
            )
        if pg_restore.returncode or psql.returncode:
            raise Failure(f"nothing was restored: {programs.first_line(errors)}")


def feed(pg_restore: Process, source: Source, head: bytes, damage: list[Damaged]) -> None:
    """Write the dump to pg_restore, which does not read its last bytes.

    Ends if pg_restore has failed. If the dump is damaged, ends pg_restore and adds to `damage`.
    """
    with progress("restore", source.size) as bar:
        try:
            for chunk in checked(chain([head], source.chunks()), source.name):
                if not is_taken(pg_restore, chunk) and pg_restore.wait():
                    break
                bar.update(len(chunk))
        except Damaged as error:
            damage.append(error)
            pg_restore.kill()
        close(pg_restore.stdin)


def is_taken(program: Process, chunk: bytes) -> bool:
    """Write a chunk to a program; whether it still reads."""
    try:
        program.stdin.write(chunk)  # type: ignore[union-attr]
    except BrokenPipeError:
        return False
    return True


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
