"""Where the embedded server puts things, and that it opens nobody's directories for it."""

import shutil
import stat
from pathlib import Path

import psycopg
import pytest

from service.core.failure import Failure
from service.postgres import binaries, unfinished
from service.postgres.postmaster import read_pid_file
from service.postgres.server import EmbeddedServer
from tests.processes.harness import needs_root
from tests.processes.postgres import BIN_DIR, ask, do, started


@pytest.mark.parametrize("name", ["x" * 100, "a, b", "sp ace 'quote' \"double\" $x"])
def test_any_path_will_do(open_dir: Path, name: str) -> None:
    data_dir = open_dir / name / "data"
    data_dir.parent.mkdir()
    with started(data_dir) as running:
        assert ask(running.url, "SELECT 1") == "1"
        found = EmbeddedServer(data_dir)
        assert found.attach()
        assert found.url == running.url
        pid_file = read_pid_file(data_dir / "postgresql")
    assert pid_file
    assert len(pid_file.socket_dir) < 95
    is_elsewhere = not pid_file.socket_dir.startswith(str(data_dir))
    assert is_elsewhere == (not Path(pid_file.socket_dir).exists())


@needs_root
def test_in_root_s_own_directory_the_data_lies_elsewhere(closed_dir: Path) -> None:
    data_dir = closed_dir / "data"
    data_dir.mkdir()
    parents = [data_dir, *data_dir.parents]
    before = [stat.S_IMODE(path.stat().st_mode) for path in parents]
    with started(data_dir) as running:
        do(running.url, "CREATE TABLE old AS SELECT 1 AS n")
    first = (data_dir / "postgresql").readlink()
    assert first.parent == binaries.REACHABLE
    assert stat.S_IMODE(first.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in parents] == before

    (data_dir / "postgresql").unlink()
    with pytest.raises(psycopg.errors.UndefinedTable), started(data_dir) as running:
        ask(running.url, "SELECT n FROM old")
    assert (data_dir / "postgresql").readlink() != first
    shutil.rmtree(first)


@needs_root
def test_programs_in_root_s_own_directory_are_copied(
    open_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundled = binaries.bundled_directory()
    package = tmp_path / binaries.PACKAGE
    installation = package / binaries.INSTALLATION
    shutil.copytree(bundled.parent, installation, symlinks=True)
    libraries = bundled.parents[2] / f"{binaries.PACKAGE}.libs"
    shutil.copytree(libraries, tmp_path / libraries.name)
    for path in tmp_path.rglob("*"):  # as pip leaves them under umask 077
        path.chmod(0o700, follow_symlinks=path.is_symlink())
    monkeypatch.setattr(binaries, "bundled_directory", lambda: installation / "bin")
    monkeypatch.setattr(binaries, "REACHABLE", open_dir / "reachable")
    (open_dir / "data").mkdir()
    running = EmbeddedServer(open_dir / "data")
    running.start()
    try:
        assert ask(running.url, "SELECT 1") == "1"
        assert running.binaries.directory.is_relative_to(open_dir / "reachable")
    finally:
        running.stop()


@needs_root
def test_a_link_to_data_that_is_gone_is_not_taken_for_a_first_start(open_dir: Path) -> None:
    data_dir = open_dir / "data"
    data_dir.mkdir()
    (data_dir / "postgresql").symlink_to(open_dir / "gone")
    with pytest.raises(Failure, match="which is gone"):
        EmbeddedServer(data_dir, BIN_DIR).start()


def test_a_first_start_that_was_killed_leaves_nothing_half_made(open_dir: Path) -> None:
    data_dir = open_dir / "data"
    data_dir.mkdir()
    begun = unfinished.begin(data_dir)
    begun.mkdir()
    (begun / "PG_VERSION").write_text("18\n")
    with started(data_dir) as running:
        assert ask(running.url, "SELECT 1") == "1"
    assert not (data_dir / "postgresql.new").exists()


def test_data_that_somebody_prepared_as_postgresql_new_stays(open_dir: Path) -> None:
    prepared = open_dir / "data/postgresql.new"
    (prepared / "base").mkdir(parents=True)
    (prepared / "PG_VERSION").write_text("18\n")
    with pytest.raises(Failure, match="did not put there: move it away"):
        EmbeddedServer(open_dir / "data", BIN_DIR).start()
    assert sorted(entry.name for entry in prepared.iterdir()) == ["PG_VERSION", "base"]
    prepared.rename(open_dir / "kept")
    prepared.symlink_to(open_dir / "kept")
    with pytest.raises(Failure, match="did not put there: move it away"):
        EmbeddedServer(open_dir / "data", BIN_DIR).start()
    assert (open_dir / "kept/PG_VERSION").exists()


def test_of_a_killed_start_s_directory_only_its_own_entries_go(tmp_path: Path) -> None:
    begun = unfinished.begin(tmp_path)
    begun.mkdir()
    (tmp_path / "postgresql.new/mine").touch()
    with pytest.raises(Failure, match="did not put there"):
        unfinished.begin(tmp_path)
    assert (tmp_path / "postgresql.new/mine").exists()
    (tmp_path / "postgresql.new/mine").unlink()
    assert not unfinished.begin(tmp_path).exists()
