"""SIGHUP: a DBA edits a SQL file, and the running service asks by it."""

import os
import shutil
import signal
from pathlib import Path

from tests.events import event, new_id
from tests.http.wire import batch
from tests.processes.harness import REPOSITORY, until
from tests.service import serving

PROJECT = ("service", "sql", "migrations", "gunicorn.conf.py")

WAIT_ON_RELOAD = """
import time
from pathlib import Path

if process.is_joining:
    Path("{loading}").touch()
    while not Path("{go}").exists():
        time.sleep(0.05)
"""


def copy_project(target: Path) -> Path:
    """The project's own files in another place, free to be edited."""
    target.mkdir()
    for name in PROJECT:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return target


def wait_on_reload(project: Path) -> tuple[Path, Path]:
    """Let new workers make the first file when they load, and wait for the second."""
    loading, go = project / "loading", project / "go"
    with (project / "service/server/wsgi.py").open("a") as loader:
        loader.write(WAIT_ON_RELOAD.format(loading=loading, go=go))
    return loading, go


def test_sql_files_are_read_anew_on_sighup_and_no_request_is_lost(
    database_url: str, tmp_path: Path
) -> None:
    project = copy_project(tmp_path / "project")
    file = project / "sql/agents/list.sql"
    with serving(database_url, tmp_path, project) as service:
        service.post(batch(event(new_id())))

        def descriptions() -> list[str | None]:
            return [agent["description"] for agent in service.ok("/api/agents")]

        before, master = service.workers, service.process.pid
        file.write_text(file.read_text().replace("a.description,", "'tuned' AS description,"))
        assert descriptions() == [None]
        service.process.send_signal(signal.SIGHUP)
        until(lambda: not before & service.workers, "the workers do not change")
        until(lambda: descriptions() == ["tuned"], "the file is not read anew")
        assert service.process.pid == master
        assert service.process.poll() is None
        until(lambda: len(service.workers) == len(before), "the number of workers has changed")
        assert {tuple(descriptions()) for _ in range(20)} == {("tuned",)}


def test_an_old_worker_serves_until_a_new_one_has_loaded(database_url: str, tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    loading, go = wait_on_reload(project)
    with serving(database_url, tmp_path, project, WORKERS=2) as service:
        before = service.workers
        service.process.send_signal(signal.SIGHUP)
        until(loading.exists, "no new worker loads")
        for _ in range(10):
            answer = service.get("/livez")
            assert answer.status_code == 200
            assert answer.headers["Connection"] == "keep-alive"  # a worker that stops says close
        assert before < service.workers
        assert len(service.workers) == 3
        go.touch()
        until(lambda: not before & service.workers, "the old workers stay")
        until(lambda: len(service.workers) == 2, "the number of workers has changed")


def test_a_service_stops_while_a_new_worker_loads(database_url: str, tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    loading, go = wait_on_reload(project)
    with serving(database_url, tmp_path, project, WORKERS=2) as service:
        before = service.workers
        service.process.send_signal(signal.SIGHUP)
        until(loading.exists, "no new worker loads")
        service.process.send_signal(signal.SIGTERM)
        until(lambda: not before & service.workers, "the signal waits for the new worker")
        go.touch()


def test_a_file_that_is_refused_leaves_its_last_text_in_use(
    database_url: str, tmp_path: Path
) -> None:
    project = copy_project(tmp_path / "project")
    agents, runs = project / "sql/agents/list.sql", project / "sql/runs/timeline.sql"
    summary = project / "sql/metrics/summary.sql"
    good = agents.read_text()
    run = new_id()
    with serving(database_url, tmp_path, project) as service:
        service.post(batch(event(run)))

        def answers() -> set[tuple[str | None, int]]:
            """The description of the agent and the number of events, by all workers."""
            found = [service.ok("/api/agents") for _ in range(10)]
            events = service.ok(f"/api/runs/{run}/timeline")["events"]
            return {(agent["description"], len(events)) for [agent] in found}

        def replace(number: signal.Signals, *processes: int) -> None:
            before = service.workers
            for process in processes:
                os.kill(process, number)
            gone = before if service.process.pid in processes else set(processes)
            until(lambda: not gone & service.workers, "the workers do not change")
            until(lambda: len(service.workers) == len(before), "a worker is missing")

        agents.write_text(good.replace("a.description,", "a.nothing,"))
        runs.write_text(runs.read_text() + "\n\\gset\n")
        summary.write_text("-- metrics/summary: tuned.\n" + summary.read_text())
        replace(signal.SIGTERM, min(service.workers))  # a worker that is replaced without a reload
        assert answers() == {(None, 1)}
        assert "nothing" not in service.output
        replace(signal.SIGHUP, service.process.pid)
        assert answers() == {(None, 1)}
        service.ok("/api/metrics/summary")
        line = 1 + agents.read_text().partition("a.nothing,")[0].count("\n")
        stays = "; the file's last text stays in use"
        said = f"sql/agents/list.sql:{line}: column a.nothing does not exist{stays}"
        assert service.output.count(said) == 1
        last = len(runs.read_text().splitlines())
        said = f"sql/runs/timeline.sql:{last}: \\\\gset is not understood{stays}"
        assert service.output.count(said) == 1
        assert service.output.count(stays) == 2

        agents.write_text(good.replace("a.description,", "'tuned' AS description,"))
        replace(signal.SIGHUP, service.process.pid)
        assert answers() == {("tuned", 1)}
        agents.unlink()
        replace(signal.SIGHUP, service.process.pid)
        assert answers() == {("tuned", 1)}
