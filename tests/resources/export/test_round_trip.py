"""What was exported and imported elsewhere is the same: events, runs, metrics."""

import io
import os
from collections.abc import Iterator
from functools import partial
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.cli.importing.command import lending
from service.cli.importing.continuation import Continuations
from service.cli.importing.importer import Importer
from service.cli.importing.source import read_lines
from service.config import Config
from service.core.clock import today
from service.db.connections import connect
from service.db.session_settings import WRITE
from service.metrics.verify import verify
from service.writer.group_commit import GroupCommitWriter
from service.writer.scores import ScoreWriter
from tests.client import Client
from tests.databases import janitor, url_of
from tests.events import Event, at, differences, event, new_id
from tests.resources.export.reading import export, exported, read_csv

pytestmark = pytest.mark.slow

# What the service decides by itself, and when: not of the events.
OWN = ("created_at", "updated_at")
METRICS = ("models", "latency", "summary", "agents-comparison", "cost-timeline?days=365")
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
NAMES = st.sampled_from(["a", "b/ü", '=c "x"', "\\N", "(2)"])
NUMBERS = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(10**30), 10**30)
    | st.integers(0, 2000)
    | st.just(0.1)
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
DATA = st.dictionaries(TEXT, JSON, max_size=3) | st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from(["m", "n", 7]),
        "cost": NUMBERS,
        "tokens_in": NUMBERS,
        "tokens_out": NUMBERS,
        "latency_ms": NUMBERS,
        "duration_ms": NUMBERS,
        "status": st.sampled_from(["error", "ok"]),
        "environment": st.just("prod"),
        "metadata": st.dictionaries(TEXT, JSON, max_size=2),
        "output": JSON,
        "error": JSON,
        "session_id": TEXT | NUMBERS,
        "user_id": JSON,
        "tags": TEXT | st.lists(TEXT, max_size=3),
        "version": TEXT,
        "parent_run_id": st.uuids().map(str),
    },
)
RUNS = st.uuids(version=4).map(str)


@st.composite
def batches(draw: st.DrawFn) -> list[Event]:
    """Events of a few runs, some of them each other's parents."""
    runs = draw(st.lists(RUNS, min_size=1, max_size=3, unique=True))
    ids = draw(st.lists(RUNS, min_size=4, max_size=8, unique=True))
    optional = {
        "run_name": st.none() | NAMES,
        "parent_event_id": st.none() | st.sampled_from(ids),
        "previous_event_id": st.sampled_from(ids),
    }
    types = st.sampled_from(["agent_start", "agent_end", "llm_call", "error"])
    required = {
        "run_id": st.sampled_from(runs),
        "agent_name": NAMES,
        "event_type": types,
        "timestamp": st.integers(0, 10**9).map(lambda us: at(us / 1000)),
        "data": DATA,
    }
    made = st.fixed_dictionaries(required, optional=optional)
    return [{**draw(made), "event_id": one} for one in ids]


@pytest.fixture(scope="module")
def other_url(server_url: str, template: str) -> Iterator[str]:
    """Another database."""
    name = f"gati_test_other_{os.getpid()}"
    with janitor(server_url, name, template):
        yield url_of(server_url, name)


def imported(url: str, text: bytes) -> dict[str, int]:
    """The counts of an import."""
    writer = GroupCommitWriter(lambda: connect(url, WRITE, "test"), today, "development")
    try:
        importer = Importer(
            writer,
            ScoreWriter(partial(lending, url)),
            Config.from_environment({}),
            lambda *bad: pytest.fail(str(bad)),
            lambda _: None,
            continuations=Continuations(partial(lending, url)),
        )
        importer.run(read_lines(io.BufferedReader(io.BytesIO(text)), None, 10**8))
        return vars(importer.result)
    finally:
        writer.close()


def runs(client: Client) -> list[dict[str, str]]:
    """All runs, without what is the service's own; a name that it made itself is one."""
    named = {one["run_id"]: one["run_name"] for one in exported(client)}
    rows = read_csv(export(client, "runs.csv").text)
    return [
        {
            name: str(named[row["run_id"]]) if name == "run_name" else value
            for name, value in row.items()
            if name not in OWN
        }
        for row in rows
    ]


def metrics(client: Client) -> list[Any]:
    """What the metrics say."""
    return [client.ok(f"/api/metrics/{name}") for name in METRICS]


def test_events_of_one_moment_keep_their_order(service_database_url: str, other_url: str) -> None:
    run = new_id()
    sent = [
        {**event(run, agent_name=name), "event_id": f"00000000-0000-4000-8000-00000000000{last}"}
        for name, last in (("first", 9), ("second", 1), ("third", 5))
    ]
    with Client.of(service_database_url) as source, Client.of(other_url) as target:
        assert source.send(*sent).json["inserted"] == 3
        imported(other_url, export(source).content)
        for client in (source, target):
            assert client.run(run)["agent_name"] == "first"
            order = [one["event_id"] for one in client.ok(f"/api/runs/{run}/timeline")["events"]]
            assert order == [one["event_id"] for one in sent]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(batch=batches())
def test_an_export_that_is_imported_elsewhere_is_the_same(
    service_database_url: str, other_url: str, batch: list[Event]
) -> None:
    """Each example adds to what the earlier ones left, and is imported with all of it."""
    fresh = {one["run_id"]: new_id() for one in batch}  # hypothesis draws old ones again
    batch = [{**one, "run_id": fresh[one["run_id"]]} for one in batch]
    with Client.of(service_database_url) as source, Client.of(other_url) as target:
        sent = source.send(*batch).json
        assert sent["failed"] == 0, sent
        text = export(source).content
        counts = imported(other_url, text)
        assert counts["failed"] == 0
        assert counts["inserted"] == sent["inserted"]
        assert export(target).content == text
        assert runs(target) == runs(source)
        assert metrics(target) == metrics(source)
    with connect(other_url, WRITE, "test") as conn:
        assert differences(conn) == []


def test_all_metrics_of_what_was_imported_agree_and_again_changes_nothing(
    service_database_url: str, other_url: str
) -> None:
    with Client.of(service_database_url) as source, Client.of(other_url) as target:
        text = export(source).content
        events = len(text.splitlines()) - 1
        assert events
        again = imported(other_url, text)
        assert again == {
            "inserted": 0,
            "duplicates": events,
            "failed": 0,
            "scores": 0,
            "scores_kept": 0,
        }
        assert export(target).content == text
        assert orjson.loads(text.splitlines()[-1])["export"]["events"] == events
    assert verify(other_url) == []
