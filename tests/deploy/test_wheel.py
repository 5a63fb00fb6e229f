"""The wheel of a release: from an empty environment it runs the service in any folder."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest
import requests

from service import __version__
from tests.deploy.proxy import REPOSITORY
from tests.events import event, new_id
from tests.processes.harness import free_port, is_healthy, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An sdist, and the wheel that is made from it."""
    directory = tmp_path_factory.mktemp("built")
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", directory, REPOSITORY],
        check=True,
        capture_output=True,
        timeout=240,
    )
    return directory


def wheel(built: Path) -> Path:
    return built / f"gati_backend-{__version__}-py3-none-any.whl"


def test_the_wheel_holds_every_file_that_the_service_needs(built: Path) -> None:
    names = set(ZipFile(wheel(built)).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "service", "sql", "migrations", "gunicorn.conf.py"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    needed = {
        name if name.startswith("service/") else f"service/shipped/{name}" for name in tracked
    }
    assert needed - names == set()
    assert {name.split("/")[0] for name in names} == {
        "service",
        f"gati_backend-{__version__}.dist-info",
    }


def test_the_sdist_holds_what_the_wheel_is_made_of_and_no_tests(built: Path) -> None:
    root = f"gati_backend-{__version__}"
    with tarfile.open(built / f"{root}.tar.gz") as sdist:
        tops = {name.split("/")[1] for name in sdist.getnames() if "/" in name}
    assert {"service", "sql", "migrations", "hatch_build.py", "LICENSE", "README.md"} <= tops
    assert not tops & {"tests", "bench", ".venv", ".data"}


def test_an_empty_environment_with_the_wheel_runs_the_service(
    built: Path, database_url: str, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    programs = tmp_path / "venv" / "bin"
    subprocess.run([programs / "pip", "install", "--quiet", wheel(built)], check=True, timeout=280)
    folder, port = tmp_path / "folder", free_port()
    folder.mkdir()
    variables = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "PORT": str(port),
        "DATABASE_URL": database_url,
    }
    url = f"http://127.0.0.1:{port}"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "gati-backend", "serve"], cwd=folder, env=variables, stdout=log, stderr=log
        )
        try:
            until(lambda: is_healthy(url), "it does not start")
            run_id = new_id()
            sent = requests.post(f"{url}/api/events", json={"events": [event(run_id)]}, timeout=10)
            assert sent.status_code == 200, sent.text
            run = requests.get(f"{url}/api/runs/{run_id}", timeout=10).json()
            assert run["event_count"] == 1
            assert requests.get(f"{url}/docs", timeout=10).status_code == 200
            assert requests.get(f"{url}/docs/swagger-ui.css", timeout=10).status_code == 200
        finally:
            process.terminate()
            assert process.wait(30) == 0
    differences = subprocess.run(
        [programs / "gati-backend", "verify"], cwd=folder, env=variables, check=False, timeout=60
    )
    assert differences.returncode == 0


def test_a_python_without_the_packages_gets_one_line(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    done = subprocess.run(
        [tmp_path / "bin" / "python", "-m", "service", "serve"],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("gati-backend: the package dotenv is not installed: make run, or ")
