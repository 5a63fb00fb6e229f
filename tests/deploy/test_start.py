"""The backend's start in compose: keys are made once, printed once, and made anew where they go."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.deploy.proxy import DEPLOY
from tests.processes.harness import REPOSITORY, environment, free_port, is_healthy, until

pytestmark = pytest.mark.slow

START = DEPLOY / "backend" / "start.sh"
KEY = re.compile(r"gati_(?:admin|read)_\w{8}_\w+")


@contextmanager
def started(database_url: str, keys: Path, output: Path) -> Iterator[str]:
    """Start the backend as its container does; the URL it serves at."""
    port = free_port()
    programs = str(Path(sys.executable).parent)
    variables = environment(DATABASE_URL=database_url, KEY_DIRECTORY=keys, PORT=port, WORKERS=1)
    with output.open("wb") as file:
        process = subprocess.Popen(
            ["sh", str(START)],
            cwd=REPOSITORY,
            env=variables | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: is_healthy(url), "it does not start")
        yield url
    finally:
        process.terminate()
        assert process.wait(30) == 0, output.read_text()


def start_where_no_key_can_be_listed(keys: Path) -> "subprocess.CompletedProcess[str]":
    """Start it where PostgreSQL is there for the migrations, and gone right after."""
    programs = keys / "bin"
    programs.mkdir()
    python = programs / "python"
    python.write_text('#!/bin/sh\ncase "$*" in *migrate*) exit 0 ;; *list*) exit 1 ;; esac\n')
    python.chmod(0o755)
    variables = environment(KEY_DIRECTORY=keys)
    return subprocess.run(
        ["sh", str(START)],
        env=variables | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def status(url: str, method: str, key: str) -> int:
    """What a request for an agent that is not there is answered."""
    headers = {"Authorization": f"Bearer {key}"}
    found = requests.request(method, f"{url}/api/agents/none", headers=headers, timeout=10)
    return found.status_code


def test_the_first_start_makes_keys_and_the_next_keeps_them(
    database_url: str, tmp_path: Path
) -> None:
    snippet, printed = tmp_path / "dashboard.conf", tmp_path / "output"
    with started(database_url, tmp_path, printed) as url:
        [admin] = KEY.findall(printed.read_text())
        first = snippet.read_text()
        [read] = KEY.findall(first)
        assert first == f'proxy_set_header Authorization "Bearer {read}";\n'
        assert status(url, "GET", admin) == status(url, "DELETE", admin) == 404
        assert (status(url, "GET", read), status(url, "DELETE", read)) == (404, 403)
        assert requests.get(f"{url}/api/agents", timeout=10).status_code == 401
    with started(database_url, tmp_path, printed) as url:
        assert KEY.findall(printed.read_text()) == []
        assert snippet.read_text() == first
        assert status(url, "GET", admin) == status(url, "GET", read) == 404

    failed = start_where_no_key_can_be_listed(tmp_path)
    assert failed.returncode == 1, failed.stderr
    assert KEY.findall(failed.stdout) == [], "a key is made because none is seen"
    assert snippet.read_text() == first

    snippet.write_text(first.replace(read.split("_")[2], "00000000"))  # of another database
    with started(database_url, tmp_path, printed) as url:
        [read] = KEY.findall(snippet.read_text())
        assert status(url, "GET", read) == 404

    snippet.unlink()  # its volume was removed
    with started(database_url, tmp_path, printed) as url:
        assert KEY.findall(printed.read_text()) == []
        [anew] = KEY.findall(snippet.read_text())
        assert (status(url, "GET", read), status(url, "GET", anew)) == (401, 404)
