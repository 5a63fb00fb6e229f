"""Fixtures for tests that run the service as a process: directories, an embedded service."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.harness import Service, end_postgres, run, serving
from tests.processes.postgres import started


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """A directory that every user may enter: pytest's own are for the one who runs it."""
    directory = Path(tempfile.mkdtemp(prefix="gati-test-"))
    directory.chmod(0o755)
    yield directory
    end_postgres(directory / "data")
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def template_dir() -> Iterator[Path]:
    """A directory with `data`, the embedded server's as the bundled programs made it, migrated."""
    directory = Path(tempfile.mkdtemp(prefix="gati-test-"))
    directory.chmod(0o755)
    made = run(directory, "migrate", "up", DATA_DIR=directory / "data")
    assert made.returncode == 0, made.stderr
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def made_dir(open_dir: Path, template_dir: Path) -> Path:
    """A directory with such `data` of its own: a copy takes a tenth of the time of initdb."""
    subprocess.run(["cp", "-a", template_dir / "data", open_dir], check=True)
    return open_dir


@pytest.fixture
def closed_dir(tmp_path: Path) -> Iterator[Path]:
    """A directory below one that only the user of the test may enter."""
    yield tmp_path
    end_postgres(tmp_path / "data")


@pytest.fixture(scope="module")
def standalone() -> Iterator[Service]:
    """A service for tests that leave it as it was."""
    with tempfile.TemporaryDirectory(prefix="gati-test-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        with serving(directory, directory / "data") as running:
            yield running.ready()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Path]:
    """A directory with `data`, made by the programs under test."""
    directory = Path(tempfile.mkdtemp(prefix="gati-test-"))
    directory.chmod(0o755)
    with started(directory / "data"):
        pass
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def copy_dir(open_dir: Path, cluster: Path) -> Path:
    """A directory with such `data` of its own, stopped."""
    subprocess.run(["cp", "-a", cluster / "data", open_dir], check=True)
    return open_dir
