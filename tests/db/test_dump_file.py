"""Where a dump goes: links stay, pipes and devices are written to."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.core.failure import Failure
from service.db import dump_file
from tests.processes.harness import command, environment, needs_root, run, type_into

DUMP = b"PGDMP"


def test_a_link_stays_and_its_file_is_replaced(database_url: str, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "gati.dump").write_text("something else")
    link = tmp_path / "link"
    link.symlink_to("there/gati.dump")
    refused = run(tmp_path, "dump", "link", DATABASE_URL=database_url)
    assert refused.returncode == 1
    assert refused.stdout == f"{there.resolve() / 'gati.dump'} exists and would be replaced\n"
    assert (there / "gati.dump").read_text() == "something else"
    assert run(tmp_path, "dump", "link", "--yes", DATABASE_URL=database_url).returncode == 0
    assert os.readlink(link) == "there/gati.dump"
    assert (there / "gati.dump").read_bytes().startswith(DUMP)
    assert [file.name for file in there.iterdir()] == ["gati.dump"]


def test_a_link_to_no_file_makes_it(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("gati.dump")
    assert run(tmp_path, "dump", "link", DATABASE_URL=database_url).returncode == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "gati.dump").read_bytes().startswith(DUMP)


def test_a_named_pipe_is_written_to_without_a_question(database_url: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    came: list[bytes] = []
    reader = threading.Thread(target=lambda: came.append(pipe.read_bytes()), daemon=True)
    reader.start()
    done = run(tmp_path, "dump", "pipe", DATABASE_URL=database_url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert pipe.is_fifo()
    reader.join(10)
    assert came[0].startswith(DUMP)


@needs_root
def test_a_device_stays_one(database_url: str, tmp_path: Path) -> None:
    device = tmp_path / "null"
    os.mknod(device, 0o600 | 0o020000, os.makedev(1, 3))
    assert run(tmp_path, "dump", "null", "--yes", DATABASE_URL=database_url).returncode == 0
    assert device.is_char_device()


def test_standard_output_has_names_of_its_own(database_url: str, tmp_path: Path) -> None:
    link = tmp_path / "stdout"  # not /dev/stdout itself, which a mistake would replace
    link.symlink_to("/proc/self/fd/1")
    with (tmp_path / "file").open("wb") as file:
        for out in (subprocess.PIPE, file):
            done = subprocess.run(
                command("dump", "stdout"),
                cwd=tmp_path,
                env=environment(DATABASE_URL=database_url),
                stdout=out,
                stderr=subprocess.PIPE,
                check=False,
                timeout=60,
            )
            assert (done.returncode, done.stderr) == (0, b"")
            assert (done.stdout or (tmp_path / "file").read_bytes()).startswith(DUMP)
            assert link.is_symlink()


def test_a_directory_and_a_loop_of_links_are_refused(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for file, why in (
        (".", "Is a directory"),
        ("", "Is a directory"),
        ("loop", "Too many levels of symbolic links"),
    ):
        refused = run(tmp_path, "dump", file, "--yes", DATABASE_URL=database_url)
        assert (refused.returncode, refused.stderr) == (1, f"gati-backend: {file}: {why}\n")
    assert (tmp_path / "loop").is_symlink()


def test_a_terminal_is_asked_for_the_file_of_a_link(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("something else")
    (tmp_path / "link").symlink_to("mine")
    code, printed = type_into(tmp_path, b"no\n", "dump", "link", DATABASE_URL=database_url)
    assert code == 1
    assert "mine exists and would be replaced" in printed
    assert (tmp_path / "mine").read_text() == "something else"


@contextmanager
def half_a_dump(file: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that has begun a dump to a file, and waits."""
    code = (
        "import sys; from service.db.dump_file import writing\n"
        "with writing(sys.argv[1]) as target: print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, file],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "\n"
        yield process
        process.kill()


def test_what_killed_dumps_left_is_removed_and_named(database_url: str, tmp_path: Path) -> None:
    mine, others = tmp_path / "my*.dump", tmp_path / "my*.dump.old"
    with half_a_dump(mine) as killed, half_a_dump(others) as of_another, half_a_dump(mine) as alive:
        for process in (killed, of_another):
            process.kill()
            process.wait()
        done = run(tmp_path, "dump", mine.name, DATABASE_URL=database_url)
        left = f".my*.dump.{killed.pid}.unfinished"
        assert done.stdout == f"removed {tmp_path.resolve() / left}, which a killed dump left\n"
        assert (done.returncode, done.stderr) == (0, "")
        assert {file.name for file in tmp_path.iterdir()} == {
            mine.name,
            f".my*.dump.{alive.pid}.unfinished",
            f".my*.dump.old.{of_another.pid}.unfinished",
        }


def test_a_dump_of_the_same_pid_is_left_alone(tmp_path: Path) -> None:
    unfinished = tmp_path / f".gati.dump.{os.getpid()}.unfinished"  # as of another container
    unfinished.write_text("half of it")
    with pytest.raises(Failure), dump_file.writing(str(tmp_path / "gati.dump")):
        pass
    assert unfinished.read_text() == "half of it"


def test_the_name_of_a_dump_is_brought_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "gati.dump"
    synced: list[tuple[int, bool]] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append((os.fstat(fd).st_ino, file.exists())))
    with dump_file.writing(str(file)) as target:
        target.write(DUMP)
    assert synced == [(file.stat().st_ino, False), (tmp_path.stat().st_ino, True)]
