"""SIGHUP: a DBA edits a SQL file, and the running service asks by it."""

import shutil
import signal
from pathlib import Path

from tests.events import event, new_id
from tests.http.wire import batch
from tests.processes.harness import REPOSITORY, until
from tests.service import serving

PROJECT = ("service", "sql", "migrations", "gunicorn.conf.py")


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
