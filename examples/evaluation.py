"""A small evaluation: score a hundred runs of two versions of an agent, and read which is better.

    python examples/evaluation.py http://127.0.0.1:8000 [KEY]

The agent here only pretends: put your own in place of `answer`, and your judge in place of `judge`.
Nothing but the standard library is needed. All ids are fixed, so to run it again changes nothing.
The key has scope admin; ingest is enough to send, and read to compare.
"""

import json
import random
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.request import Request, urlopen

AGENT = "example evaluation"
RUNS = 100
VERSIONS = {"1.0": 0.7, "1.1": 0.9}  # how often each is right
NAMESPACE = uuid.UUID("9d4d9f0e-5f5b-4d3c-9a39-2f6f1d1c7a55")


class Backend:
    """The few calls that an evaluation needs."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Content-Type": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"

    def get(self, path: str) -> Any:
        """The answer of a GET."""
        return self._ask(Request(self._url + path, headers=self._headers))

    def post(self, path: str, document: Any) -> Any:
        """The answer of a POST; raises RuntimeError where something of it was refused."""
        body = json.dumps(document).encode()
        answer = self._ask(Request(self._url + path, body, self._headers))
        if answer["failed"]:
            raise RuntimeError(answer["errors"])
        return answer

    def _ask(self, request: Request) -> Any:
        with urlopen(request, timeout=10) as response:
            return json.load(response)


def cases() -> Iterator[tuple[str, str, str]]:
    """The runs: id, version and question; each question is put to both versions."""
    for number in range(RUNS):
        version = list(VERSIONS)[number % len(VERSIONS)]
        question = f"What is {number // 2} times seven?"
        yield str(uuid.uuid5(NAMESPACE, f"{version} {question}")), version, question


def answer(version: str, question: str, rng: random.Random) -> str:
    """What the agent of a version answers."""
    right = int(question.split()[2]) * 7
    return str(right if rng.random() < VERSIONS[version] else right + 1)


def judge(question: str, given: str) -> bool:
    """Whether an answer is right."""
    return int(given) == int(question.split()[2]) * 7


def events_of(run_id: str, version: str, question: str, given: str) -> list[dict[str, Any]]:
    """The run as an agent reports it."""
    steps = {
        "agent_start": {"input": question, "version": version},
        "llm_call": {"model": "gpt-4o", "tokens_in": 20, "tokens_out": 5},
        "agent_end": {"output": given},
    }
    return [
        {
            "run_id": run_id,
            "event_id": str(uuid.uuid5(NAMESPACE, f"{run_id} {event_type}")),
            "agent_name": AGENT,
            "event_type": event_type,
            "timestamp": datetime.now(UTC).isoformat(),
            "data": data,
        }
        for event_type, data in steps.items()
    ]


def evaluate(backend: Backend) -> None:
    """Let both versions answer, send their runs, and score these."""
    rng = random.Random(1)
    events, scores = [], []
    for run_id, version, question in cases():
        given = answer(version, question, rng)
        events += events_of(run_id, version, question, given)
        is_right = judge(question, given)
        made_by = {"run_id": run_id, "source": "evaluator"}
        scores += [
            {**made_by, "score_id": "right", "name": "right", "value": is_right},
            {**made_by, "score_id": "length", "name": "length", "value": len(given)},
        ]
    backend.post("/api/events", {"events": events})
    backend.post("/api/scores", {"scores": scores})


def compare(backend: Backend) -> dict[str, float]:
    """How often each version was right."""
    agent = AGENT.replace(" ", "%20")
    path = f"/api/metrics/scores?agent={agent}&name=right&group_by=version"
    return {group["version"]: group["average"] for group in backend.get(path)["groups"]}


def main(url: str, key: str | None = None) -> None:
    """Evaluate, and print the result."""
    backend = Backend(url, key)
    evaluate(backend)
    shares = compare(backend)
    for version, share in sorted(shares.items()):
        print(f"version {version}: {share:.0%} right")
    print(f"better: {max(shares, key=lambda version: shares[version])}")


if __name__ == "__main__":
    main(*sys.argv[1:])
