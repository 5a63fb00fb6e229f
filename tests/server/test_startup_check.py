"""What a start says of who can connect: meinheld or gthread alone, no key, everywhere."""

import subprocess
import sys
from pathlib import Path

import pytest

from service.auth.key_admin import create
from service.auth.scopes import Scope
from service.config import Config
from service.server.behind_nginx import nginx_warning
from tests.leaks import TRACEBACK
from tests.processes import harness
from tests.processes.harness import REPOSITORY, free_port, run
from tests.service import serving

EVERYWHERE = "0.0.0.0"  # noqa: S104 - that is the case


@pytest.mark.parametrize(
    ("worker_class", "host", "warns"),
    [
        ("meinheld", EVERYWHERE, True),
        ("meinheld", "::", True),
        ("meinheld", "192.0.2.1", True),
        ("meinheld", "127.0.0.1", False),
        ("meinheld", "127.1.2.3", False),
        ("meinheld", "::1", False),
        ("meinheld", "localhost", False),
        ("gevent", EVERYWHERE, False),
        ("gthread", EVERYWHERE, True),
        ("gthread", "127.0.0.1", False),
    ],
)
def test_what_needs_nginx_warns_on_anything_but_loopback(
    worker_class: str, host: str, warns: bool
) -> None:
    said = nginx_warning(Config.from_environment({"WORKER_CLASS": worker_class, "HOST": host}))
    assert (said is not None) == warns
    assert said is None or (host in said and "\n" not in said)


def test_the_start_says_it_in_one_line(tmp_path: Path) -> None:
    """On an address that this machine has not: the start ends right behind the warning."""
    settings = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "HOST": "192.0.2.1"}
    started = run(tmp_path, "serve", **settings, WORKER_CLASS="meinheld")
    first, second = started.stderr.splitlines()
    assert first.startswith("gati-backend: warning: WORKER_CLASS=meinheld on HOST=192.0.2.1")
    assert second.startswith("gati-backend: HOST='192.0.2.1'")
    assert "warning" not in run(tmp_path, "serve", **settings).stderr


def test_gunicorn_s_own_bind_is_what_counts(database_url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gunicorn", "-c", str(REPOSITORY / "gunicorn.conf.py")]
    started = subprocess.run(
        [*command, "--bind", f"{EVERYWHERE}:{free_port()}"],
        cwd=tmp_path,
        env=harness.environment(DATABASE_URL=database_url, HOST="127.0.0.1"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert started.returncode != 0
    assert f"HOST={EVERYWHERE} can be reached from other machines" in started.stderr


def test_a_public_start_without_a_key_is_refused_in_one_line(
    database_url: str, tmp_path: Path
) -> None:
    settings = {"DATABASE_URL": database_url, "HOST": EVERYWHERE, "PORT": free_port()}
    started = run(tmp_path, "serve", **settings)
    assert started.returncode == 1
    [line] = started.stderr.splitlines()
    assert line.startswith(f"gati-backend: HOST={EVERYWHERE} can be reached from other machines")
    assert "python -m service keys create admin --scope admin" in line
    assert "is ready" not in started.stdout


def test_gunicorn_by_hand_is_refused_as_well(database_url: str, open_dir: Path) -> None:
    by_hand = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py"]
    arguments = {"args": by_hand, "cwd": REPOSITORY}
    with harness.serving(
        open_dir, open_dir / "data", arguments, DATABASE_URL=database_url, HOST=EVERYWHERE
    ) as service:
        assert service.exit_code() == 4
        assert "keys create admin --scope admin" in service.output
        assert not TRACEBACK.search(service.output)


def test_what_is_open_is_said_at_the_start(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path, CORS_ORIGINS="*") as service:
        assert "no key exists: requests to 127.0.0.1" in service.output
        assert "CORS_ORIGINS=* while no key exists" in service.output
    with serving(database_url, tmp_path, HOST=EVERYWHERE, INSECURE_PUBLIC="true") as service:
        assert f"--insecure-public on HOST={EVERYWHERE}" in service.output
        assert service.get("/api/agents").status_code == 200
    create(database_url, "laptop", Scope.READ, None)
    with serving(database_url, tmp_path, HOST=EVERYWHERE) as service:
        assert "no key exists" not in service.output
        assert service.get("/api/agents").status_code == 401
