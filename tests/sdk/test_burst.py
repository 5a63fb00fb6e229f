"""The SDK against a rate limit: it sends what got 429 again after 1, 2 and 4 s, then drops it."""

from pathlib import Path

import pytest

from tests.sdk.conftest import runner
from tests.sdk.programs.burst import BATCH, EVENTS
from tests.sdk.recorded import assert_stored_once
from tests.service import serving

RATE = EVENTS // 3  # so that it takes three of the SDK's four attempts


def test_a_burst_over_the_limit_arrives_whole_in_the_end(
    service_database_url: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serving(service_database_url, tmp_path, WORKERS=1, MAX_EVENTS_PER_SECOND=RATE) as service:
        sent = runner(service, tmp_path_factory)("burst")
        statuses = [request["status"] for request in sent.requests]
        assert set(statuses) == {200, 429}
        assert statuses.count(200) == EVENTS // BATCH
        accepted = [request for request in sent.requests if request["status"] == 200]
        events = [event for request in accepted for event in request["events"]]
        assert len(events) == EVENTS
        assert_stored_once(service, events)
