"""The README tells the truth: examples run, tables are complete, links lead somewhere."""

import json
import re
import subprocess
from pathlib import Path

from service.cli.parser import COMMANDS
from service.db.queries import Connection
from tests.events import event, new_id
from tests.http.wire import batch
from tests.processes.harness import REPOSITORY
from tests.service import Service

README = (REPOSITORY / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)


def test_the_curl_examples_run_and_answer_what_they_should(service: Service) -> None:
    [example, scores] = [block for block in BLOCKS if "-d '{" in block]
    script = example.replace("http://127.0.0.1:8000", service.url).replace("\ncurl", "\necho; curl")
    printed = subprocess.run(
        ["bash", "-euc", script], check=True, capture_output=True, text=True
    ).stdout
    stored, run, trace, agents, costs = map(json.loads, printed.splitlines())
    assert (stored["status"], stored["inserted"]) == ("success", 2)
    assert (run["agent_name"], run["run_name"], run["total_cost"]) == ("hello", "run 1", 0.002)
    assert [node["event_type"] for node in trace["execution_tree"]] == ["agent_start", "llm_call"]
    assert agents[0]["total_events"] == 2
    assert costs["series"][0]["group"] == "gpt-4o"
    assert [point["value"] for point in costs["series"][0]["points"]] == [0, 0, 0.002]
    script = scores.replace("http://127.0.0.1:8000", service.url)
    printed = subprocess.run(
        ["bash", "-euc", script], check=True, capture_output=True, text=True
    ).stdout
    assert json.loads(printed)["inserted"] == 2
    assert service.get(f"/api/runs/{run['run_id']}").json()["score_count"] == 2


def test_the_examples_of_exports_run(service: Service, tmp_path: Path) -> None:
    assert service.post(batch(event(new_id(), agent_name="hello"))).status_code == 200
    [example] = [block for block in BLOCKS if "/api/export/" in block]
    script = example.replace("http://127.0.0.1:8000", service.url)
    subprocess.run(["bash", "-euc", script], check=True, cwd=tmp_path)
    *lines, last = (tmp_path / "events.ndjson").read_text().splitlines()
    events = [line for line in lines if not line.startswith('{"score":')]
    assert json.loads(last)["export"]["events"] == len(events)
    assert events
    assert (tmp_path / "runs.csv").read_text().startswith("run_id,")


def test_every_command_is_listed() -> None:
    listed = README.split("## Operations")[1]
    for name in COMMANDS:
        first, _, action = name.partition(" ")
        assert re.search(rf"^{first}\b.*{action}", listed, re.MULTILINE), name


def test_every_make_target_that_it_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", README)) <= targets


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(((?!http)[^)#]+)\)", README):
        assert (REPOSITORY / target).exists(), target


def test_the_service_has_every_path_that_it_names(service: Service) -> None:
    metrics = (
        "summary",
        "agents-comparison",
        "cost-timeline",
        "tokens-timeline",
        "models",
        "latency",
    )
    for path in (
        "/api/agents",
        "/api/agents/hello",
        "/api/agents/hello/metrics",
        *[f"/api/metrics/{name}" for name in metrics],
        "/api/metrics/timeseries?metric=latency_p95&interval=hour&group_by=agent&tz=Europe/Paris",
        "/health",
        "/",
    ):
        assert service.get(path).status_code == 200, path


def test_the_stable_views_that_it_names_are_there(conn: Connection) -> None:
    listed = README.split("**Grafana, Metabase, psql**")[1].split("\n- **")[0]
    for name in re.findall(r"`(\w+_live|latency_buckets)`", listed):
        comment = conn.execute("SELECT obj_description(%s::regclass) AS text", [name]).fetchone()
        assert (comment or {}).get("text"), name
