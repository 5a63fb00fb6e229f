"""Damaged OTLP/JSON is read as the standard library reads it."""

import json
import random
import re
from collections.abc import Iterator

from service.ingest.otlp.batch import SpanBatch
from service.ingest.otlp.span import Malformed
from tests.ingest.json.test_batch import BESIDE_DIGIT, SPLINTERS
from tests.ingest.otlp.spans import as_json, parsed, request, span

MUTATIONS = 3_000
ATTRIBUTES = {"a": "é", "b": [1, {"c": 2.5}, b"d", True], "gen_ai.usage.cost": 1e-7}
OTHERS = [
    *(b'"x":', b'"key":"a",', b'"value":{},', b'"intValue":"1",', b'"stringValue":null,'),
    *(b'"doubleValue":"NaN",', b'"traceId":"",', b'"spans":[{}],', b'"links":[{}],', b"{},"),
]


def damaged(rng: random.Random) -> Iterator[bytes]:
    """Requests of two spans, each damaged in one or two places."""
    sent = request(
        span(b"\x01" * 16, attributes=ATTRIBUTES, events={"e": ATTRIBUTES}, span_id=b"\x01" * 8),
        span(b"\x02" * 16, error="why", span_id=b"\x02" * 8),
    )
    for _ in range(MUTATIONS):
        body = as_json(sent)
        for _ in range(rng.choice((1, 1, 2))):
            places = [match.end() for match in re.finditer(rb'[{,:"\[]', body)]
            at = rng.choice(places) - rng.randint(0, 1)
            body = body[:at] + rng.choice(SPLINTERS + OTHERS) + body[at + rng.choice((0, 0, 1)) :]
        yield body


def read(body: bytes) -> SpanBatch | None:
    """The batch of a body; None where it is none."""
    try:
        return parsed(body, True)
    except Malformed:
        return None


def test_a_damaged_request_is_read_as_the_standard_library_reads_it() -> None:
    stored = 0
    for body in damaged(random.Random(20261129)):
        batch = read(body)
        try:
            text = body.decode(errors="replace")
            written = json.dumps(json.loads(text)).encode()
        except ValueError:
            assert batch is None or BESIDE_DIGIT(body), body
            continue
        again = read(written)
        if text.encode() != body and batch and again:  # which a body alone says
            batch.repaired, batch.warnings = again.repaired, again.warnings
            batch.warned = again.warned
        assert batch == again, body
        stored += len(batch.rows) if batch else 0
    assert stored > MUTATIONS / 2
