"""python -m service serve: one command that brings up everything, for any user, anywhere."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from service.postgres.account import unprivileged
from service.postgres.server import EmbeddedServer
from tests.processes.everyone import python_for_all
from tests.processes.harness import (
    REPOSITORY,
    Service,
    command,
    command_line,
    free_port,
    needs_root,
    post,
    run,
    serving,
    until,
)


def test_the_greeting_s_commands_work_as_they_stand(standalone: Service) -> None:
    lines = dict(re.findall(r"^  (try|read back) +(curl .*)$", standalone.output, re.MULTILINE))
    sent, read = (
        subprocess.run(lines[name], shell=True, capture_output=True, text=True, check=True).stdout  # noqa: S602 - pasted, as a newcomer does
        for name in ("try", "read back")
    )
    assert '"count":1' in sent.replace(" ", "")
    assert "agent_start" in read


def test_all_its_processes_together_stay_below_150_mb(standalone: Service) -> None:
    def pss_kb(pid: int) -> int:
        found = re.search(r"^Pss: +(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
        assert found
        return int(found[1])

    pids = [standalone.process.pid, standalone.gunicorn, *standalone.workers]
    one_more_worker = max(pss_kb(pid) for pid in standalone.workers)  # the default is two
    assert sum(map(pss_kb, pids)) + one_more_worker < 150_000


def test_a_second_start_on_the_same_directory_says_who_has_it(standalone: Service) -> None:
    second = run(
        standalone.data_dir.parent,
        "serve",
        DATA_DIR=standalone.data_dir,
        PORT=free_port(),
    )
    assert second.returncode == 1
    assert second.stdout == ""
    assert second.stderr == (
        f"gati-backend: {standalone.data_dir} is in use by process {standalone.process.pid} "
        "(python -m service serve)\n"
    )
    assert standalone.is_healthy()


def test_a_port_in_use_is_one_line_before_a_database_is_made(
    open_dir: Path, standalone: Service
) -> None:
    data_dir = open_dir / "data"
    failed = run(open_dir, "serve", DATA_DIR=data_dir, PORT=standalone.port, WORKERS=3)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr == (
        f"gati-backend: 127.0.0.1:{standalone.port} cannot be listened on: Address already in use\n"
    )
    assert not (data_dir / "postgresql").exists()
    assert standalone.is_healthy()


@needs_root
def test_a_user_who_is_not_root_needs_nothing_more(open_dir: Path) -> None:
    account = unprivileged()
    project, home = open_dir / "project", open_dir / "home"
    for name in ("service", "sql", "migrations"):
        shutil.copytree(REPOSITORY / name, project / name)
    shutil.copy(REPOSITORY / "gunicorn.conf.py", project)
    home.mkdir()
    os.chown(home, account.uid, account.gid)
    python, variables = python_for_all(open_dir)
    paths = [str(project), variables.get("PYTHONPATH", "")]
    arguments = {
        "args": [python, *command("serve")[1:]],
        "env": {**variables, "PYTHONPATH": os.pathsep.join(paths), "HOME": str(home)},
        "cwd": project,
        "user": account.uid,
        "group": account.gid,
        "extra_groups": [],
    }
    with serving(open_dir, home / "data", arguments) as service:
        service.ready()
        assert post(service, "10000000-0000-4000-8000-000000000001").status_code == 200
        assert Path(f"/proc/{service.postmaster}").stat().st_uid == account.uid
        service.signal(signal.SIGTERM)
        assert service.exit_code() == 0


@needs_root
def test_root_in_a_directory_that_only_root_may_enter(closed_dir: Path) -> None:
    with serving(closed_dir, closed_dir / "data") as service:
        service.ready()
        assert post(service, "10000000-0000-4000-8000-000000000001").status_code == 200
        assert Path(f"/proc/{service.postmaster}").stat().st_uid == unprivileged().uid


def test_with_a_database_url_it_becomes_gunicorn(open_dir: Path, empty_database_url: str) -> None:
    with serving(open_dir, open_dir / "data", DATABASE_URL=empty_database_url) as service:
        service.ready()
        until(service.is_healthy, "not healthy")
        assert "gunicorn" in command_line(service.process.pid)
        assert post(service, "10000000-0000-4000-8000-000000000001").status_code == 200
        assert not (open_dir / "data").exists()
        service.signal(signal.SIGTERM)
        assert service.exit_code() == 0


def test_a_database_that_cannot_be_reached_is_one_line_without_its_password(
    open_dir: Path,
) -> None:
    url = f"postgresql://me:hunter2@127.0.0.1:{free_port()}/none"
    failed = run(open_dir, "migrate", "up", DATABASE_URL=url)
    assert failed.returncode == 1
    assert failed.stderr.startswith("gati-backend: the database cannot be reached: ")
    assert len(failed.stderr.splitlines()) == 1
    assert "hunter2" not in failed.stderr + failed.stdout


def test_the_embedded_server_outlives_no_command(open_dir: Path) -> None:
    assert run(open_dir, "migrate", "up", DATA_DIR=open_dir / "data").returncode == 0
    assert not EmbeddedServer(open_dir / "data").attach()
