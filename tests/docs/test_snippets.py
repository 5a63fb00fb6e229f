"""The Python of README and of the page of the GATI SDK runs, and its runs are there."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, blocks, name_of
from tests.processes.harness import REPOSITORY, environment
from tests.service import Service

AGENTS = {"README.md": "Researcher", "docs/integrations/gati.md": "weather"}


@pytest.mark.parametrize(("page", "agent"), AGENTS.items())
def test_the_sdk_s_snippet_runs(page: str, agent: str, service: Service, tmp_path: Path) -> None:
    [code] = blocks(REPOSITORY / page, "python")
    (tmp_path / "agent.py").write_text(code)
    subprocess.run(
        [sys.executable, "agent.py"],
        cwd=tmp_path,
        env=environment(GATI_BACKEND_URL=service.url, GATI_TELEMETRY="false", HOME=str(tmp_path)),
        check=True,
        capture_output=True,
        timeout=60,
    )
    [run] = service.ok(f"/api/runs?agent={agent}")["runs"]
    assert run["status"] == "completed"


def test_every_snippet_is_run_here_or_in_tests_clients() -> None:
    with_code = {name_of(page) for page in PAGES if blocks(page, "python") or blocks(page, "js")}
    assert {page for page in with_code if "integrations" not in page} <= set(AGENTS)
