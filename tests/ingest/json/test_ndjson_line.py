"""Lines of an export are read as they were stored."""

import orjson

from service.ingest.json.event import MAX_DEPTH
from service.ingest.json.ndjson_line import read_line
from tests.events import event, new_id


def test_names_that_are_refused_today_come_back_from_an_export_of_before() -> None:
    """Clients leave `.` and `..` out of a URL's path, so only what is sent may not be named so."""
    line = orjson.dumps(event(new_id(), agent_name=".", run_name=".."))
    row = read_line(line, 1_000, MAX_DEPTH, {})
    assert (row.agent_name, row.run_name) == (".", "..")
