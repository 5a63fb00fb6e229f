"""A dump with a changed byte restores nothing, and is named with what to do."""

import io
import subprocess
from pathlib import Path

import pytest

from service.db.dump_checksum import BEGINNING, LINE_BYTES, Damaged, Summing, checked
from service.postgres import programs
from tests.processes.harness import command, environment, run
from tests.processes.postgres import ask

TABLES = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
DAMAGED = (
    "gati-backend: nothing was restored: {} is damaged, its checksum differs: take another copy of "
    "it, or another dump\n"
)
NO_DUMP = (
    "gati-backend: nothing was restored: gati.dump is no dump, or it is cut short or damaged: "
    "pg_restore: error: "
)
# In the table of contents, where PostgreSQL takes a p94 as well.
P95 = b"100 >= 95"


@pytest.fixture
def dumped(database_url: str, tmp_path: Path) -> Path:
    """A dump of an empty service."""
    file = tmp_path / "gati.dump"
    assert run(tmp_path, "dump", "gati.dump", DATABASE_URL=database_url).returncode == 0
    return file


def flip(file: Path, at: int) -> None:
    """Change one bit of a file."""
    whole = bytearray(file.read_bytes())
    whole[at] ^= 1
    file.write_bytes(whole)


def restore(file: Path, url: str) -> tuple[int, str, str]:
    """The exit code, standard output and standard error of a restore."""
    done = run(file.parent, "restore", file.name, DATABASE_URL=url)
    return done.returncode, done.stdout, done.stderr


def test_a_changed_byte_anywhere_is_named_and_nothing_is_restored(
    dumped: Path, empty_database_url: str
) -> None:
    whole = dumped.read_bytes()
    for at in (0, whole.index(P95) + len(P95) - 1, len(whole) - LINE_BYTES - 1, len(whole) - 2):
        dumped.write_bytes(whole)
        flip(dumped, at)
        assert restore(dumped, empty_database_url) == (1, "", DAMAGED.format("gati.dump"))
        assert ask(empty_database_url, TABLES) == "0"
    dumped.write_bytes(whole)
    assert restore(dumped, empty_database_url) == (0, "", "")


def test_every_digit_of_the_sum_counts() -> None:
    """Also where a changed bit makes a letter that is no digit, such as a g of an f."""
    file = io.BytesIO()
    summing = Summing(file)
    summing.write(b"a dump")
    summing.end()
    whole = file.getvalue()
    assert b"".join(checked([whole], "name")) == b"a dump"
    for at in range(len(whole) - LINE_BYTES + len(BEGINNING), len(whole)):
        changed = bytes(byte ^ (place == at) for place, byte in enumerate(whole))
        with pytest.raises(Damaged):
            list(checked([changed], "name"))


def test_a_changed_byte_in_a_pipe_is_named_before_anything_is_committed(
    dumped: Path, empty_database_url: str
) -> None:
    flip(dumped, dumped.read_bytes().index(P95) + len(P95) - 1)
    with dumped.open("rb") as file, subprocess.Popen(["cat"], stdin=file, stdout=-1) as cat:
        failed = subprocess.run(
            command("restore", "-"),
            stdin=cat.stdout,
            cwd=dumped.parent,
            env=environment(DATABASE_URL=empty_database_url),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == DAMAGED.format("standard input")
    assert ask(empty_database_url, TABLES) == "0"


def test_a_dump_of_pg_dump_has_no_checksum_and_is_taken(
    dumped: Path, empty_database_url: str
) -> None:
    whole = dumped.read_bytes()
    assert whole[-LINE_BYTES:].startswith(BEGINNING)
    dumped.write_bytes(whole[:-LINE_BYTES])
    flip(dumped, len(whole) - LINE_BYTES - 1)
    code, _, warned = restore(dumped, empty_database_url)
    assert (code, warned[: len(NO_DUMP)], warned.count("\n")) == (1, NO_DUMP, 1)
    assert ask(empty_database_url, TABLES) == "0"
    dumped.write_bytes(whole[:-LINE_BYTES])
    assert restore(dumped, empty_database_url) == (0, "", "")


@pytest.mark.parametrize("options", [["--single-transaction"], ["--jobs=2"], ["--table=api_keys"]])
def test_pg_restore_takes_a_dump_with_its_checksum(
    dumped: Path, empty_database_url: str, options: list[str]
) -> None:
    dumper = Path(programs.dumper(empty_database_url, [])["args"][0])
    program = [str(dumper.with_name("pg_restore")), "--no-owner", "--exit-on-error", *options]
    subprocess.run([*program, f"--dbname={empty_database_url}", str(dumped)], check=True)
    assert ask(empty_database_url, "SELECT count(*) FROM api_keys") == "0"
