"""A broken SQL file: the service does not start with it, and DEBUG keeps the last text."""

from pathlib import Path

import pytest
import requests

from tests.events import event, new_id
from tests.http.test_reload import copy_project
from tests.http.wire import batch
from tests.processes.harness import free_port, run
from tests.service import serving


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("runs/trace.sql", "SELECT", "SELECT x,", 'column "x" does not exist'),
        ("agents/list.sql", "\nSELECT", "\n\\gset\nSELECT", "\\gset is not understood"),
        # Those run before anything else does.
        ("transactions/plan_on_citus.sql", "FROM", "FORM", "syntax error at or near"),
        ("migrations/objects.sql", "FROM", "FORM", "syntax error at or near"),
    ],
)
def test_serve_ends_with_one_line_before_the_port_is_opened(
    database_url: str, tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    project = copy_project(tmp_path / "project")
    file = project / "sql" / name
    file.write_text(file.read_text().replace(old, new, 1))
    settings = {"DATABASE_URL": database_url, "PYTHONPATH": project, "PORT": free_port()}
    started = run(tmp_path, "serve", **settings)
    assert started.returncode == 1
    assert started.stderr.startswith(f"gati-backend: sql/{name}:")
    assert f": {message}" in started.stderr
    assert started.stderr.count("\n") == 1
    assert "is ready" not in started.stdout


def test_explain_says_the_same(database_url: str, tmp_path: Path) -> None:
    project = copy_project(tmp_path / "project")
    file = project / "sql/runs/find.sql"
    file.write_text(file.read_text().replace("FROM", "FORM", 1))
    settings = {"DATABASE_URL": database_url, "PYTHONPATH": project}
    query = ["explain", "runs/find", f"run_id={new_id()}"]
    explained = run(tmp_path, *query, **settings)
    served = run(tmp_path, "serve", PORT=free_port(), **settings)
    assert explained.returncode == served.returncode == 1
    assert explained.stderr == served.stderr
    assert explained.stderr.startswith("gati-backend: sql/runs/find.sql:")


def test_debug_keeps_the_last_text_of_a_file_that_is_broken_by_an_edit(
    database_url: str, tmp_path: Path
) -> None:
    project = copy_project(tmp_path / "project")
    file = project / "sql/agents/list.sql"
    good = file.read_text()
    with serving(database_url, tmp_path, project, DEBUG="true", WORKERS=1) as service:
        service.post(batch(event(new_id())))

        def answer() -> list[str | None]:
            found = requests.get(f"{service.url}/api/agents", timeout=30)
            assert found.status_code == 200, found.text
            return [agent["description"] for agent in found.json()]

        assert answer() == [None]
        file.write_text(good.replace("a.description,", "a.wrong,"))
        assert answer() == answer() == [None]
        file.write_text(good.replace("a.description,", "'tuned' AS description,"))
        assert answer() == ["tuned"]
        said = service.output
    line = 1 + next(n for n, text in enumerate(good.splitlines()) if "a.description," in text)
    assert said.count(f"sql/agents/list.sql:{line}: column a.wrong does not exist") == 1
