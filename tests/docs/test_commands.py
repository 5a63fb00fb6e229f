"""Every command of the docs: requests and commands of the service run, others are known."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from service.auth.key_admin import create
from service.auth.scopes import Scope
from service.cli.parser import parse
from service.db.queries import Connection
from tests.docs.pages import PAGES, SERVICE, commands, name_of, prose
from tests.events import event, new_id
from tests.processes.harness import REPOSITORY, environment
from tests.service import Service

QUICKSTART = REPOSITORY / "docs" / "quickstart.md"
TARGETS = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
OURS = re.compile(r"^(?:\w+=\S+ )*(?:python -m service|gati-backend) ([^|>&#\n]*)")
# Not run here: they install something, need root or an engine, or never end by themselves.
ELSEWHERE = {
    "make",
    "pip",
    "npm",
    "docker",
    "kubectl",
    "systemctl",
    "journalctl",
    "install",
    "sudo",
    "python3",
}
ELSEWHERE |= {"useradd", "python", "pg_dump", "pg_restore", "prometheus"}
ENDLESS = re.compile(r"(serve|dashboard|psql *$|migrate citus|restore|migrate down|refresh *$)")
REQUESTS = {page: [c for c in commands(page) if c.startswith("curl ")] for page in PAGES}
RUN = {
    page: [c for c in commands(page) if (ours := OURS.match(c)) and not ENDLESS.match(ours[1])]
    for page in PAGES
}
# `-f`, so that an error of the service is one of the script.
CURL = 'curl() { command curl --fail --max-time 20 "$@"; echo; }\n'


def bash(script: str, directory: Path, **variables: str) -> str:
    """Run a script in a directory and return what it prints."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=directory,
        env=environment(PATH=path, **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def requests_of(page: Path, service: Service) -> str:
    """The requests of a page as a script, to the service under test."""
    return CURL + "\n".join(REQUESTS[page]).replace(SERVICE, service.url)


@pytest.fixture(scope="module")
def quickstart(service: Service, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the quickstart's requests print; the other pages ask for what they store."""
    printed = bash(requests_of(QUICKSTART, service), tmp_path_factory.mktemp("quickstart"))
    return [line for line in printed.splitlines() if line]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_its_commands_are_known(page: Path) -> None:
    for command in [*commands(page), *commands(page, "console")]:
        first = shlex.split(re.sub(r"^(\w+=('[^']*'|\S*) )*", "", command), comments=True)
        if ours := OURS.match(command):
            assert "&&" not in command, "a line for each command"
            parse(shlex.split(ours[1]))  # exits where the command line has no such arguments
        elif first and Path(first[0]).name not in {"curl", "export"} | ELSEWHERE:
            assert re.match(r"\w+=", command), command


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_make_targets_that_it_names_are_there(page: Path) -> None:
    text = prose(page) + "\n".join(f"`{command}" for command in commands(page))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= TARGETS


def test_the_quickstart_s_requests_answer_what_they_should(quickstart: list[str]) -> None:
    stored, run, trace, agents, costs = map(json.loads, quickstart)
    assert (stored["status"], stored["inserted"]) == ("success", 2)
    assert (run["agent_name"], run["run_name"], run["total_cost"]) == ("hello", "run 1", 0.002)
    assert [node["event_type"] for node in trace["execution_tree"]] == ["agent_start", "llm_call"]
    assert agents[0]["total_events"] == 2
    assert costs["series"][0]["group"] == "gpt-4o"
    assert [point["value"] for point in costs["series"][0]["points"]] == [0, 0, 0.002]


@pytest.mark.parametrize("page", [page for page in PAGES if REQUESTS[page]], ids=name_of)
def test_its_requests_are_answered(
    page: Path, service: Service, quickstart: list[str], tmp_path: Path
) -> None:
    bash(requests_of(page, service), tmp_path)
    if page.name == "scores.md":
        run_id = json.loads(quickstart[1])["run_id"]
        assert service.ok(f"/api/runs/{run_id}")["score_count"] == 2
    if page.name == "export.md":
        *lines, last = (tmp_path / "events.ndjson").read_text().split("\n")[:-2]
        events = [line for line in lines if not line.startswith('{"score":')]
        assert json.loads(last)["export"]["events"] == len(events) > 0
        assert (tmp_path / "runs.csv").read_text().startswith("run_id,")


@pytest.mark.one_server("`dump` is for one node")
@pytest.mark.parametrize("page", [page for page in PAGES if RUN[page]], ids=name_of)
def test_its_commands_of_the_service_run(
    page: Path, service: Service, database_url: str, conn: Connection, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    for needed in ("docs/prices.example.csv", "sql"):
        (tmp_path / needed).symlink_to(REPOSITORY / needed)
    (tmp_path / "events.ndjson").write_text(json.dumps(event(new_id())) + "\n")
    create(database_url, "first", Scope.ADMIN, days=None)
    script = "\n".join(RUN[page]).replace(SERVICE, service.url)
    bash(script, tmp_path, DATABASE_URL=database_url, PORT=str(service.port))
