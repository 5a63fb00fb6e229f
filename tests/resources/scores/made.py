"""Scores for tests."""

from typing import Any

from falcon import testing

from tests.client import Client
from tests.events import at

Score = dict[str, Any]


def score(run: str, score_value: Any = 0.5, seconds: float = 0, **fields: Any) -> Score:
    """One good score; `fields` replaces or adds."""
    return {
        "run_id": run,
        "name": "accuracy",
        "value": score_value,
        "timestamp": at(seconds),
    } | fields


def send(client: Client, *scores: Any, **options: Any) -> testing.Result:
    """POST scores."""
    return client.simulate_post("/api/scores", json={"scores": list(scores)}, **options)


def stored(client: Client, query: str = "") -> list[Score]:
    """The scores that a search finds."""
    found: list[Score] = client.ok("/api/scores", query_string=query)["scores"]
    return found
