"""The image without an engine: its install steps in a fresh virtual environment, its files."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.databases import janitor, url_of
from tests.deploy.dockerfile import copied, read_dockerfile
from tests.deploy.proxy import DEPLOY, NGINX, REPOSITORY, Proxy, free_port, limits, nginx
from tests.leaks import look_through_log
from tests.processes.harness import is_healthy, until

BACKEND_TEMPLATE = DEPLOY / "nginx" / "templates" / "backend.conf.template"
MAX_BODY_MB = 64
START_SECONDS = 60.0
STOP_SECONDS = 45.0

needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


@dataclass(frozen=True)
class Image:
    """What the Dockerfile makes: programs to run, and the directory that holds the service."""

    programs: Path
    app: Path


@dataclass(frozen=True)
class Stack:
    """nginx in front of the service."""

    proxy: Proxy
    log: Path
    pid: int  # of gunicorn's arbiter

    @property
    def url(self) -> str:
        """The address of nginx."""
        return self.proxy.url


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Run the Dockerfile's `pip install` steps as they stand, and copy what it copies."""
    python = find_python()
    directory = tmp_path_factory.mktemp("image")
    environment, source, app = directory / "venv", directory / "src", directory / "app"
    instructions = read_dockerfile(REPOSITORY / "Dockerfile")
    for stage, target in ((0, source), (1, app)):
        target.mkdir()
        for names, below in copied(instructions, stage):
            for name in names:
                copy(REPOSITORY / name, target / below)
    subprocess.run([python, "-m", "venv", environment], check=True)
    programs = environment / "bin"
    variables = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    for instruction in instructions:
        if instruction.keyword == "RUN" and "pip install" in instruction.text:
            subprocess.run(["sh", "-c", instruction.text], cwd=source, env=variables, check=True)
    return Image(programs, app)


def find_python() -> str:
    """Return the Python of the image's version; skip where meinheld cannot be built with one."""
    version = read_dockerfile(REPOSITORY / "Dockerfile")[0].text.split(":")[1].split("-")[0]
    own = f"{sys.version_info.major}.{sys.version_info.minor}" == version
    python = sys.executable if own else shutil.which(f"python{version}")
    if python is None:
        pytest.skip(f"python{version} is not installed")
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    find = "import sysconfig; print(sysconfig.get_path('include'))"
    include = subprocess.run([python, "-c", find], capture_output=True, text=True, check=True)
    if not Path(include.stdout.strip(), "Python.h").exists():
        pytest.skip(f"the headers of python{version} are not installed")
    return python


def copy(source: Path, target: Path) -> None:
    """Copy a file into a directory, or a directory's content to a new one."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


@pytest.fixture(scope="module", params=["gevent", "meinheld"])
def stack(
    request: pytest.FixtureRequest,
    image: Image,
    server_url: str,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """Run the image's service with each worker class on loopback, behind the shipped nginx."""
    directory = tmp_path_factory.mktemp(request.param)
    name = f"gati_test_deploy_{os.getpid()}"
    with (
        janitor(server_url, name, template),
        behind_nginx(image, directory, request.param, url_of(server_url, name)) as running,
    ):
        yield running


@contextmanager
def behind_nginx(image: Image, directory: Path, worker_class: str, url: str) -> Iterator[Stack]:
    """Run the image's service on a database, behind the shipped nginx."""
    with (
        service(image, directory, worker_class, url) as (port, pid),
        nginx(
            BACKEND_TEMPLATE,
            directory,
            BACKEND=f"127.0.0.1:{port}",
            **limits(MAX_BODY_MB=str(MAX_BODY_MB), WORKER_CLASS=worker_class),
        ) as proxy,
    ):
        yield Stack(proxy, directory / "service.log", pid)


@contextmanager
def service(
    image: Image, directory: Path, worker_class: str, url: str, **settings: str
) -> Iterator[tuple[int, int]]:
    """Run `python -m service serve` of the image on a database; give its port and pid."""
    port = free_port()
    variables = {
        "PATH": f"{image.programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(directory),
        "HOST": "127.0.0.1",
        "ALLOWED_HOSTS": "gati",  # what requests that are written by hand say
        "PORT": str(port),
        "DATABASE_URL": url,
        "MAX_BODY_MB": str(MAX_BODY_MB),
        "WORKER_CLASS": worker_class,
        **settings,
    }
    command = [str(image.programs / "python"), "-m", "service", "serve"]
    log = directory / "service.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=image.app, env=variables, stdout=output, stderr=output
        )
        try:
            wait_until_healthy(port, process, log)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(timeout=STOP_SECONDS)
    look_through_log(log.read_text(errors="replace"))


def wait_until_healthy(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once /health answers 200."""

    def healthy() -> bool:
        assert process.poll() is None, log.read_text()
        return is_healthy(f"http://127.0.0.1:{port}")

    try:
        until(healthy, "not healthy", START_SECONDS)
    except AssertionError as error:
        error.add_note(log.read_text())
        raise
