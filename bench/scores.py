"""Scores in a closed loop: POST /api/scores in batches of 100, for runs that are stored."""

import argparse
import random
from collections.abc import Iterable, Iterator, Sequence

import orjson
from tqdm import tqdm

from bench import results
from bench.data import uuid4
from bench.load import Result, closed_loop, host_of, post
from bench.results import Row
from bench.service import target
from bench.traffic import bodies

BATCH, CLIENTS, SCORES = 100, 4, 40_000
EVENT_BATCHES, EVENTS = 20, 1_000  # of the runs that are scored
NAMES = ("correct", "helpful", "short")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The section's own flags."""
    parser.add_argument("--clients", type=int, default=CLIENTS, help="requests under way (4)")
    parser.add_argument("--scores", type=int, default=SCORES, help="scores to send")


def run(options: argparse.Namespace) -> list[Row]:
    """Store events, then send scores of their runs."""
    with target(options.url) as service:
        batches = list(bodies(options.seed, EVENT_BATCHES, EVENTS, real=False))
        requests = [post("/api/events", body, host_of(service.url)) for body in batches]
        closed_loop(service.url, requests, 1).accepted(EVENT_BATCHES * EVENTS)
        run_ids = sorted({event["run_id"] for body in batches for event in events_of(body)})
        scores = list(bodies_of(run_ids, options.scores, BATCH, options.seed))
        result = send(service.url, scores, options.clients)
    rows: list[Row] = [
        {
            "batch": BATCH,
            "clients": options.clients,
            "scores": options.scores,
            "rate_per_second": round(options.scores / result.seconds),
            "p50_ms": round(result.percentile(0.50), 3),
            "p95_ms": round(result.percentile(0.95), 3),
        }
    ]
    tqdm.write(
        f"batches of {BATCH} scores, {options.clients} clients: "
        f"{rows[0]['rate_per_second']:,}/s, p95 {rows[0]['p95_ms']:.0f} ms"
    )
    results.store("scores", rows)
    return rows


def send(url: str, sent: Iterable[bytes], clients: int) -> Result:
    """Send the bodies. Raises RuntimeError for an answer other than 200."""
    requests = (post("/api/scores", body, host_of(url)) for body in sent)
    result = closed_loop(url, requests, clients)
    if set(result.statuses) != {200}:
        raise RuntimeError(f"POST /api/scores answered {dict(result.statuses)}")
    return result


def bodies_of(run_ids: Sequence[str], count: int, size: int, seed: int) -> Iterator[bytes]:
    """The bodies of requests with scores, each with an id of its own."""
    rng = random.Random(f"scores {seed}")
    for start in range(0, count, size):
        scores = [score(rng, run_ids) for _ in range(min(size, count - start))]
        yield orjson.dumps({"scores": scores})


def score(rng: random.Random, run_ids: Sequence[str]) -> dict[str, object]:
    """One score of one of the runs."""
    return {
        "score_id": uuid4(rng),
        "run_id": rng.choice(run_ids),
        "name": rng.choice(NAMES),
        "value": round(rng.random(), 3),
        "source": "evaluator",
    }


def events_of(body: bytes) -> list[dict[str, str]]:
    """The events of a request."""
    found: list[dict[str, str]] = orjson.loads(body)["events"]
    return found
