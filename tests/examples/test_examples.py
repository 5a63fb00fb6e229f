"""The examples run as they say, and their runs are in the service.

Two are tried elsewhere: evaluation.py in tests/resources/scores, openai_calls.py in tests/clients.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from ruamel.yaml import YAML

from tests.processes.harness import REPOSITORY, environment
from tests.service import Service

FOLDER = REPOSITORY / "examples"
COLLECTOR = FOLDER / "collector.yaml"


def run(name: str, **variables: str) -> str:
    """Run an example to its good end and return what it prints."""
    done = subprocess.run(
        [sys.executable, str(FOLDER / name)],
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def runs_of(service: Service, agent: str) -> list[dict[str, Any]]:
    """The runs of an agent."""
    found: list[dict[str, Any]] = service.ok(f"/api/runs?agent={agent}")["runs"]
    return found


def test_the_agent_with_the_sdk(service: Service, tmp_path: Path) -> None:
    printed = run("sdk_agent.py", GATI_BACKEND_URL=service.url, HOME=str(tmp_path))
    assert "a page about falcon" in printed
    runs = runs_of(service, "example%20sdk")
    assert [run["status"] for run in runs] == ["completed", "completed"]
    groups = service.ok("/api/errors?agent=example%20sdk")["errors"]
    assert [(group["type"], group["count"]) for group in groups] == [("TimeoutError", 2)]


def test_the_graph_of_langgraph(service: Service) -> None:
    printed = run(
        "langgraph_agent.py",
        OTEL_EXPORTER_OTLP_ENDPOINT=service.url,
        OTEL_SERVICE_NAME="example langgraph",
    )
    assert printed == "a better draft, reviewed\n"
    [found] = runs_of(service, "example%20langgraph")
    events = service.ok(f"/api/runs/{found['run_id']}/timeline")["events"]
    assert [event["event_type"] for event in events].count("llm_call") == 2


def test_the_collector_sends_where_the_service_listens(service: Service) -> None:
    """There is no collector here: its exporter's address and headers are tried as it uses them."""
    configuration = YAML(typ="safe").load(COLLECTOR)
    [exporter] = configuration["exporters"].values()
    assert exporter["endpoint"] == "http://127.0.0.1:8000"
    provider = TracerProvider()
    target = OTLPSpanExporter(f"{service.url}/v1/traces", headers={"Authorization": "Bearer any"})
    provider.add_span_processor(SimpleSpanProcessor(target))
    provider.get_tracer("collector").start_span("through a collector").end()
    provider.shutdown()
    answer = requests.get(f"{service.url}/api/runs?name=through a collector", timeout=30)
    assert len(answer.json()["runs"]) == 1


@pytest.mark.parametrize("signal", ["traces", "logs"])
def test_the_collector_s_pipelines_are_whole(signal: str) -> None:
    configuration = YAML(typ="safe").load(COLLECTOR)
    pipeline = configuration["service"]["pipelines"][signal]
    for kind in ("receivers", "processors", "exporters"):
        assert set(pipeline[kind]) <= set(configuration[kind])
    [exporter] = configuration["exporters"].values()
    storage = exporter["sending_queue"]["storage"]
    assert storage in configuration["extensions"]
    assert storage in configuration["service"]["extensions"]
