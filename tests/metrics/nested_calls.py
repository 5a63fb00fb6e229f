"""Calls that several spans report, split over requests: each counts once."""

import random
from collections.abc import Iterator
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from service.db.queries import Connection, Row
from tests.ingest.otlp.spans import span

CHAIN = {"openinference.span.kind": "CHAIN"}
CALL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}
TOKENS = 1_000
# A run that was deleted meanwhile, and came back with the rest of its spans, may lack one between
# two calls: then nothing says that they are one. The parent of the first span is never sent.
TOO_MUCH = f"""
SELECT r.run_id, r.tokens_in, r.total_cost
  FROM runs AS r
 WHERE r.run_id IN (SELECT e.run_id FROM events AS e WHERE e.event_type = 'node_execution')
   AND r.tokens_in > {TOKENS}
   AND (SELECT count(*)
          FROM events AS e
         WHERE e.run_id = r.run_id
           AND e.parent_event_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM events AS p
                            WHERE p.run_id = r.run_id AND p.event_id = e.parent_event_id)) <= 1
"""


def batches(seed: int) -> Iterator[list[Span]]:
    """Traces without end, each in a few batches; some spans are sent open first."""
    rng = random.Random(seed)
    while True:
        trace = rng.randbytes(16)
        spans = nested(rng, trace)
        spans += rng.sample(spans, 2)
        rng.shuffle(spans)
        while spans:
            size = rng.randint(1, 4)
            yield spans[:size]
            del spans[:size]


def nested(rng: random.Random, trace: bytes) -> list[Span]:
    """A path of spans below a chain, in which each call says the same usage."""
    usage = {"gen_ai.usage.input_tokens": TOKENS, "gen_ai.usage.output_tokens": 7}
    spans: list[Span] = []
    parent = b"\x7f" * 8
    for number in range(1, rng.randint(3, 6)):
        span_id = bytes([number]) * 8
        attributes: dict[str, Any] = CHAIN if number == 1 or rng.random() < 0.3 else CALL | usage
        made = span(trace, span_id=span_id, parent=parent, at=number, attributes=attributes)
        spans.append(made)
        if rng.random() < 0.3:
            opened = Span()
            opened.CopyFrom(made)
            opened.end_time_unix_nano = 0
            spans.append(opened)
        parent = span_id
    return spans


def counted_too_much(conn: Connection) -> list[Row]:
    """Runs of these traces that count more than one call."""
    return conn.execute(TOO_MUCH).fetchall()
