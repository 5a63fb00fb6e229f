"""Names that a request brings are counted for the tables of the metrics, which keep them."""

from typing import Any

import orjson
import pytest

from service.ingest.json.batch import Batch, parse_batch
from service.ingest.row_bytes import RowsTooLarge
from tests.client import Client
from tests.events import event, new_id
from tests.ingest.otlp.spans import as_json, parsed, request, span

pytestmark = pytest.mark.any_postgres

COUNT = 1_000
LARGEST = 100_000  # bytes of an event: 16 of them are less than what the names come to


def long_name(number: int, characters: int = 255) -> str:
    """A name of the longest kind, of four bytes per character."""
    return f"{number:06}".ljust(characters, "🦅")


def parse(**fields: Any) -> Batch:
    """Read events of one run; a function among their fields makes a value for each of them."""
    run = new_id()
    events = [
        event(run, **{name: of(n) if callable(of) else of for name, of in fields.items()})
        for n in range(COUNT)
    ]
    return parse_batch(orjson.dumps({"events": events}), COUNT, LARGEST)


def day(number: int) -> str:
    """A moment on a day of its own."""
    return f"{2000 + number // 336}-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}T12:00:00Z"


@pytest.mark.parametrize(
    "fields",
    [
        {"data": lambda n: {"model": long_name(n)}},
        {"agent_name": long_name},
        {"data": {"model": long_name(0)}, "timestamp": day},
    ],
    ids=["models", "agents", "days of a model"],
)
def test_names_that_would_fill_the_metrics_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(RowsTooLarge, match="names of agents, models and event types"):
        parse(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"agent_name": long_name(0), "data": {"model": long_name(1)}},
        {"agent_name": lambda n: f"agent {n}", "data": lambda n: {"model": f"model {n}"}},
    ],
    ids=["long names of a day", "many short names"],
)
def test_names_as_they_are_pass(fields: dict[str, Any]) -> None:
    assert len(parse(**fields).rows) == COUNT


def test_names_of_agents_of_spans_are_counted() -> None:
    spans = [
        span(b"%016d" % n, attributes={"gen_ai.agent.name": long_name(n)})
        for n in range(1, COUNT + 1)
    ]
    sent = request(*spans)
    for body, is_json in ((sent.SerializeToString(), False), (as_json(sent), True)):
        with pytest.raises(RowsTooLarge):
            parsed(body, is_json, max_bytes=LARGEST)


def test_the_refusal_is_413_and_stores_nothing(client: Client) -> None:
    models = [event(new_id(), data={"model": long_name(n)}) for n in range(3_000)]
    refused = client.send(*models)
    assert (refused.status_code, refused.json["code"]) == (413, "rows_too_large")
    assert client.ok("/api/agents") == []
