"""Runs for the page: an ordinary one that failed, and one that means harm."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.events import Event, new_id
from tests.service import Service

PIXEL = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
        "0000000049454e44ae426082"
    )
).decode()
PROMPT = [
    {"role": "system", "content": "Answer in one sentence."},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "Where is order 8812?"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
        ],
    },
]
ANSWER = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {"id": "call_1", "function": {"name": "get_order", "arguments": '{"id": 8812}'}}
    ],
}
# Each runs or hides something where a page makes markup of it.
HARM = (
    "<script>window.harmed=1</script>",
    "<img src=x onerror=window.harmed=1>",
    "\"'><svg onload=window.harmed=1>",
    "\u202egpj.exe\u202c",
    "\x1b[31mred",
    "A" * 255,
)


def send(service: Service, events: list[Event], **headers: str) -> None:
    """Store the events, all of them."""
    for start in range(0, len(events), 1000):
        body = json.dumps({"events": events[start : start + 1000]}).encode()
        answer = service.post(body, **headers).json()
        assert (answer["failed"], answer["errors"]) == (0, []), answer


class Run:
    """A run that is put together event by event, each a second after the one before."""

    def __init__(self, agent: str, seconds_ago: float = 60) -> None:
        self.run_id = new_id()
        self.events: list[Event] = []
        self._agent = agent
        self._start = datetime.now(UTC) - timedelta(seconds=seconds_ago)

    def add(self, event_type: str, parent: str | None = None, **data: Any) -> str:
        """One more event; its id."""
        moment = self._start + timedelta(seconds=len(self.events))
        event_id = new_id()
        self.events.append(
            {
                "event_id": event_id,
                "run_id": self.run_id,
                "agent_name": self._agent,
                "event_type": event_type,
                "timestamp": moment.isoformat(),
                "parent_event_id": parent,
                "data": data,
            }
        )
        return event_id


def short_run(agent: str, seconds_ago: float = 60, **last: Any) -> Run:
    """An agent_start, a call that cost something, an agent_end with what is given."""
    run = Run(agent, seconds_ago)
    root = run.add("agent_start")
    call = {"model": "gpt-4o", "tokens_in": 1200, "tokens_out": 34, "cost": 0.25, "latency_ms": 500}
    run.add("llm_call", root, name="ask", input=PROMPT, output=ANSWER, **call)
    run.add("agent_end", **last)
    return run


def failing_run(agent: str) -> tuple[Run, dict[str, str]]:
    """A run whose tool failed, and the ids of its events by their names."""
    run = Run(agent)
    ids = {"root": run.add("agent_start", input="Where is order 8812?")}
    ids["plan"] = run.add("step", ids["root"], step_name="plan", latency_ms=900)
    ids["ask"] = run.add(
        "llm_call", ids["plan"], name="ask", model="gpt-4o", latency_ms=700, cost=0.25,
        tokens_in=1200, tokens_out=34, input=PROMPT, output=ANSWER, notes={"deep": {"er": "x"}},
    )  # fmt: skip
    ids["act"] = run.add("step", ids["root"], step_name="act", latency_ms=1500)
    ids["tool"] = run.add(
        "tool_call", ids["act"], tool_name="run_sql", latency_ms=1000, status="error",
        input={"sql": "SELECT 1"}, error="statement timeout", traceback="File agent.py, line 88",
        output="x" * 9000,
    )  # fmt: skip
    ids["end"] = run.add("agent_end", status="error", error="statement timeout")
    return run, ids


def harmful_run() -> Run:
    """A run of which every name and text means harm."""
    run = Run("<b onmouseover=window.harmed=1>agent</b>")
    root = run.add("agent_start", metadata={HARM[0]: HARM[1]}, input=HARM[0])
    for text in HARM:
        messages = [{"role": text[:20], "content": [{"type": "text", "text": text}]}]
        bad = {"type": "image_url", "image_url": {"url": "javascript:window.harmed=1"}}
        messages.append({"role": "user", "content": [bad]})
        run.add(
            "<i>odd</i>", root, name=text, status=text, error=text, input=messages, output=text,
            attributes={text: text},
        )  # fmt: skip
    run.add("agent_end", status="error", error=HARM[1])
    return run
