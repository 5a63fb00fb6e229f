"""Any body of scores is refused by 4xx, or its good scores are stored and read back equal."""

import json
import random
from typing import Any

from tests.client import Client
from tests.fuzz.mutations import OTHER, RUN, mutate
from tests.fuzz.oracle import small_service

TRACE = RUN.replace("-", "")
BODIES = 600
STATUSES = {
    "/api/scores": {200, 400, 413, 422},
    "/api/public/scores": {200, 202, 207, 400, 413},
    "/api/public/ingestion": {207, 400, 413},
}


def seeds() -> list[tuple[str, bytes]]:
    """A good body of each path, with every field."""
    own = {
        "score_id": "a",
        "run_id": RUN,
        "event_id": OTHER,
        "name": "accuracy",
        "value": 0.5,
        "comment": "well done",
        "metadata": {"judge": "gpt-4o", "list": [1, {"a": None}]},
        "source": "user",
        "timestamp": "2026-11-22T10:30:00Z",
    }
    langfuse = {
        "id": "a",
        "traceId": TRACE,
        "observationId": "b7ad6b7169203331",
        "name": "accuracy",
        "value": 1,
        "dataType": "BOOLEAN",
        "comment": "well done",
        "metadata": {"judge": "gpt-4o"},
        "source": "API",
        "timestamp": "2026-11-22T10:30:00Z",
    }
    event = {"id": "e", "type": "score-create", "timestamp": "2026-11-22", "body": langfuse}
    documents: list[tuple[str, Any]] = [
        ("/api/scores", {"scores": [own, {**own, "value": "good"}, {**own, "value": True}]}),
        ("/api/public/scores", langfuse),
        ("/api/public/scores", [langfuse, {**langfuse, "value": "x", "dataType": None}]),
        ("/api/public/ingestion", {"batch": [event, {**event, "type": "trace-create"}]}),
    ]
    return [(path, json.dumps(document).encode()) for path, document in documents]


def post(client: Client, path: str, body: bytes) -> Any:
    """Send a body, and hold its answer to what the path answers."""
    answer = client.simulate_post(path, body=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in STATUSES[path], (path, body[:2_000], answer.text)
    return answer.json


def test_any_body_is_refused_or_its_good_scores_read_back(database_url: str) -> None:
    rng, good, stored = random.Random(7), seeds(), 0
    with small_service(database_url) as client:
        for _ in range(BODIES):
            path, seed = rng.choice(good)
            body = mutate(seed, rng)
            answer = post(client, path, body)
            if path != "/api/scores" or not answer.get("count"):
                continue
            good.append((path, body))
            stored += 1
            for given in answer["scores"]:
                found = client.ok(f"/api/scores?run_id={given['run_id']}&limit=200")["scores"]
                assert given["score_id"] in {one["score_id"] for one in found}
    assert stored > BODIES // 20, "good ones are to be among them"
