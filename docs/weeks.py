"""What a few agents might have done in the last weeks, as events; the same for the same day."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bench.data import Event, uuid4

SEED, DAYS = 7, 45
SATURDAY = 5
# Agent -> its model, runs on a working day, calls of the model in a run.
AGENTS = {
    "support triage": ("gpt-4o-mini", 14, 3),
    "code reviewer": ("claude-sonnet-4", 6, 8),
    "research assistant": ("gpt-4o", 4, 12),
    "invoice reader": ("gpt-4o", 8, 2),
    "report writer": ("claude-sonnet-4", 2, 10),
}
FAILING_SHARE = 0.06  # of runs
ERRORS = (
    {"type": "TimeoutError", "message": "no answer within 30 s"},
    {"type": "RateLimitError", "message": "429: 90000 tokens a minute are used up"},
    {"type": "KeyError", "message": "'invoice_id'"},
)
TOOLS = ("search", "read_file", "query_orders")
# Dollars for a million tokens, in and out.
PRICES = {"gpt-4o-mini": (0.15, 0.6), "gpt-4o": (2.5, 10.0), "claude-sonnet-4": (3.0, 15.0)}


def events() -> Iterator[Event]:
    """Give the events of all runs: fewer on weekends, a little more from week to week."""
    rng = random.Random(SEED)  # noqa: S311 -- no secret is made of it
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for ago in range(DAYS, 0, -1):
        day = midnight - timedelta(days=ago)
        share = (0.25 if day.weekday() >= SATURDAY else 1) * (1 - ago / DAYS / 2)
        for agent, (model, runs, calls) in AGENTS.items():
            for _ in range(round(runs * share * rng.uniform(0.6, 1.4))):
                start = day + timedelta(hours=rng.triangular(6, 20))
                yield from run(rng, agent, model, calls, start)


def run(
    rng: random.Random, agent: str, model: str, calls: int, moment: datetime
) -> Iterator[Event]:
    """One run: a start, calls of the model with a tool between, an end. Some fail at a tool."""
    run_id, start = uuid4(rng), uuid4(rng)
    error = {"error": rng.choice(ERRORS)} if rng.random() < FAILING_SHARE else {}
    kinds = ["llm_call", "tool_call"] * max(1, round(calls * rng.uniform(0.5, 1.5)))
    for number, kind in enumerate(("agent_start", *kinds, "agent_end")):
        latency_ms = rng.lognormvariate(7, 0.6) if kind == "llm_call" else rng.uniform(20, 400)
        moment += timedelta(milliseconds=latency_ms)
        yield {
            "event_id": start if kind == "agent_start" else uuid4(rng),
            "run_id": run_id,
            "agent_name": agent,
            "event_type": kind,
            "timestamp": moment.isoformat(),
            "parent_event_id": start if kind.endswith("_call") else None,
            "data": {
                "latency_ms": latency_ms,
                **(call(rng, model) if kind == "llm_call" else {}),
                **({"name": rng.choice(TOOLS)} if kind == "tool_call" else {}),
                **(error if number == len(kinds) or kind == "agent_end" else {}),
            },
        }


def call(rng: random.Random, model: str) -> Event:
    """What one call of a model used."""
    tokens_in, tokens_out = rng.randint(800, 9_000), rng.randint(100, 1_500)
    price_in, price_out = PRICES[model]
    cost = (tokens_in * price_in + tokens_out * price_out) / 1_000_000
    return {"model": model, "tokens_in": tokens_in, "tokens_out": tokens_out, "cost": cost}
