"""What the SDK once sent for a decorated program, sent again."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.sdk.recorded import assert_stored_once
from tests.service import Service

RECORDED = Path(__file__).parent / "data" / "sdk-decorators.jsonl"


def replay(service: Service) -> list[dict[str, Any]]:
    """Send the recorded requests, and give the answers."""
    answers = []
    for line in RECORDED.read_text().splitlines():
        request = json.loads(line)
        body = json.dumps(request["body"]).encode()
        answer = service.post(body, request["path"])
        assert answer.status_code == 200, answer.text
        answers.append(answer.json())
    return answers


def everything(service: Service) -> dict[str, bytes]:
    """The answer of every GET that tells what is stored, byte by byte."""
    paths = ["/", "/api/agents"]
    for agent in service.ok("/api/agents"):
        name = quote(agent["name"], safe="")
        paths += [f"/api/agents/{name}", f"/api/agents/{name}/runs"]
        for run in service.ok(f"/api/agents/{name}/runs"):
            for key in (run["run_id"], f"{name}/{quote(run['run_name'], safe='')}"):
                paths += [f"/api/runs/{key}{view}" for view in ("", "/timeline", "/trace")]
            for event in service.ok(f"/api/runs/{run['run_id']}/timeline")["events"]:
                paths.append(f"/api/events/{event['event_id']}/children")
    answers = {path: service.get(path) for path in paths}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {path: answer.content for path, answer in answers.items()}


def test_sending_it_again_changes_nothing(service: Service) -> None:
    [first] = replay(service)
    assert (first["count"], first["inserted"], first["duplicates"]) == (7, 7, 0)
    before = everything(service)
    assert len(before) == 2 + 3 * 2 + 2 * 6 + 7  # three agents, two runs, seven events
    [second] = replay(service)
    assert (second["count"], second["inserted"], second["duplicates"]) == (7, 0, 7)
    assert everything(service) == before
    bodies = [json.loads(line)["body"] for line in RECORDED.read_text().splitlines()]
    assert_stored_once(service, [event for body in bodies for event in body["events"]])


def test_its_runs_are_what_the_program_did(service: Service) -> None:
    replay(service)
    runs = {
        agent["name"]: [
            (run["run_name"], run["status"], run["event_count"], run["error_count"])
            for run in service.ok(f"/api/agents/{agent['name']}/runs")
        ]
        for agent in service.ok("/api/agents")
    }
    assert runs == {
        "Researcher": [("run 1", "completed", 5, 1)],
        "Crasher": [("run 1", "failed", 2, 1)],
        "research agent": [],
    }
