"""What client libraries really sent, in 22 set-ups, and what becomes of it.

`clients/NAME.N.pb` or `.json` are recorded bodies, `NAME.expected.json` says what each run and span
is. The model behind most of them took 1,000 tokens, 400 of them cached, and gave 50, 20 of them
reasoning. A content that is `true` is any content. Metadata are those that the root says.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from service.ingest.otlp.span import END, SPAN, event_id_of
from tests.client import Client
from tests.ingest.otlp.spans import JSON, PROTOBUF, post, run_of

FOLDER, EXPECTED = Path(__file__).parent / "clients", ".expected.json"
NAMES = sorted(path.name.removesuffix(EXPECTED) for path in FOLDER.glob(f"*{EXPECTED}"))
FIGURES = (
    "model",
    "tokens_in",
    "tokens_out",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "tool_name",
)
CONTENTS = ("input", "output")

Found = dict[str, Any]


@pytest.mark.parametrize("name", NAMES)
def test_a_client(client: Client, name: str) -> None:
    for body in sorted(FOLDER.glob(f"{name}.[0-9].*")):
        answer = post(client, body.read_bytes(), JSON if body.suffix == ".json" else PROTOBUF)
        assert (answer.status_code, answer.content) in ((200, b""), (200, b"{}"))
    for expected in json.loads((FOLDER / f"{name}{EXPECTED}").read_text()):
        run, spans = expected["run"], expected["spans"]
        run_id = run_of(bytes.fromhex(run["trace_id"]))
        assert_run(client.run(run_id), run)
        timeline = client.ok(f"/api/runs/{run_id}/timeline")["events"]
        events = {event["event_id"]: event for event in timeline}
        for span_id, said in spans.items():
            ids = [event_id_of(run["trace_id"], span_id, role) for role in (SPAN, END)]
            found = described([events[id_] for id_ in ids if id_ in events])
            anything = {key: True for key in CONTENTS if said.get(key) is True and key in found}
            assert found | anything == said, span_id


def assert_run(found: Found, run: Found) -> None:
    """Compare a run; the second one of a name is called `name (2)`."""
    assert found["run_name"].startswith(run["run_name"])
    assert (found["agent_name"], found["status"]) == (run["agent_name"], run["status"])
    metadata = found["metadata"] or {}
    assert {key: metadata.get(key) for key in run["metadata"]} == run["metadata"]


def described(events: list[Found]) -> Found:
    """What a span is: one event, or the start and the end of an agent."""
    data = {key: value for event in events for key, value in event["data"].items()}
    costs = [event["cost"] for event in events if event["cost_source"] == "client"]
    found = {
        "event_type": events[0]["event_type"],
        "is_error": any(event["is_error"] for event in events) or None,
        "cost": costs[0] if costs else None,
        **{key: data.get(key) for key in (*FIGURES, *CONTENTS)},
    }
    return {key: value for key, value in found.items() if value is not None}
