"""The bench's events: seeded, realistic in size, and the SDK's own under new ids."""

import json
from itertools import islice
from uuid import UUID

import orjson
import pytest

from bench import captured, data
from bench.data import Event
from service.ingest.json.batch import parse_batch

SOME = 3_000


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return list(islice(data.events(7), SOME))


def test_the_same_seed_gives_the_same_events(events: list[Event]) -> None:
    assert list(islice(data.events(7), SOME)) == events
    assert list(islice(data.events(8), SOME)) != events


def test_data_has_600_to_2000_bytes(events: list[Event]) -> None:
    sizes = [len(orjson.dumps(event["data"])) for event in events]
    assert min(sizes) >= 600
    assert max(sizes) <= 2_000


def test_a_run_has_5_to_200_events(events: list[Event]) -> None:
    ids = [event["run_id"] for event in events]
    lengths = [ids.count(run_id) for run_id in dict.fromkeys(ids)][:-1]  # the last is cut off
    assert min(lengths) >= 5
    assert max(lengths) <= 200


def test_ids_are_uuids_of_version_4_in_their_usual_form(events: list[Event]) -> None:
    for event in events:
        assert UUID(event["event_id"]).version == 4
        assert str(UUID(event["event_id"])) == event["event_id"]


def test_the_service_takes_every_event(events: list[Event]) -> None:
    (body,) = data.batches(iter(events), 1, SOME)
    batch = parse_batch(body, SOME, 10**6)
    assert (len(batch.rows), batch.errors) == (SOME, [])


def test_captured_traffic_is_new_each_time_and_keeps_its_shape() -> None:
    recorded = captured.recording()
    sent = list(islice(captured.events(1), 2 * len(recorded)))
    first, second = sent[: len(recorded)], sent[len(recorded) :]
    assert len({event["event_id"] for event in sent}) == len(sent)
    assert {event["run_id"] for event in first}.isdisjoint(event["run_id"] for event in second)
    for copy in (first, second):
        assert parents(copy) == parents(recorded)
        assert [event["data"] for event in copy] == [event["data"] for event in recorded]


def parents(events: list[Event]) -> list[int | None]:
    """The number of each event's parent, which no new id changes."""
    number = {event["event_id"]: place for place, event in enumerate(events)}
    return [number.get(event["parent_event_id"]) for event in events]


def test_captured_traffic_is_json_as_the_sdk_sends_it() -> None:
    (body,) = data.batches(captured.events(1), 1, 7)
    for event, recorded in zip(json.loads(body)["events"], captured.recording(), strict=True):
        assert event.keys() == recorded.keys()
