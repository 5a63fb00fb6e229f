"""Retention: old weeks go and give their disk back, metrics stay, verify finds nothing wrong."""

import logging
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest

from service.core.clock import today
from service.core.retry_policy import RetryPolicy
from service.db import partitions, retention
from service.db.clocks import ClocksDiffer, check_clocks
from service.db.connections import connect
from service.db.partitions import PartitionKeeper
from service.db.queries import Connection, queries
from service.db.retention import Busy, retaining
from service.db.session_settings import WRITE
from service.metrics.fold import connect_for_folds
from service.metrics.leader import fold_once
from service.metrics.verify import rebuild, verify
from service.resources.runs.resource import delete_runs
from tests import cluster
from tests.client import Client
from tests.db.old import (
    KEEP_DAYS,
    LONG_AGO,
    answers,
    name_of,
    on,
    one,
    receive,
    retain,
    run_on,
)
from tests.events import differences, event, new_id
from tests.locks import waits_for_a_lock
from tests.metrics.asking import forget_all
from tests.processes.harness import until

WEEK = timedelta(days=7)
NEXT_WEEK = LONG_AGO + WEEK
BYTES = 20_000
STATES = ["waiting", "folded"]


@pytest.fixture
def runs(database_url: str) -> list[str]:
    """Two runs of one old week, one of the next, and one of today."""
    ids = [new_id() for _ in range(4)]
    receive(database_url, LONG_AGO, *run_on(LONG_AGO, ids[0]), *run_on(LONG_AGO, ids[1], "other"))
    receive(database_url, NEXT_WEEK, *run_on(NEXT_WEEK, ids[2]))
    receive(database_url, today(), *run_on(today(), ids[3]))
    return ids


def stored(conn: Connection) -> set[str]:
    """The runs that are stored."""
    return {str(row["run_id"]) for row in conn.execute("SELECT run_id FROM runs")}


@pytest.mark.parametrize("state", STATES)
def test_old_weeks_go_and_no_metric_changes(
    client: Client, conn: Connection, database_url: str, runs: list[str], state: str
) -> None:
    if state == "folded":
        fold_once(database_url)
    before = answers(client)
    assert retain(database_url) == [name_of(LONG_AGO), name_of(NEXT_WEEK)]
    assert stored(conn) == {runs[3]}
    assert answers(client) == before
    assert verify(database_url) == []
    fold_once(database_url)
    assert answers(client) == before
    assert verify(database_url) == []
    assert differences(conn) == []


def test_a_rebuild_counts_what_was_retired(
    client: Client, conn: Connection, database_url: str, runs: list[str]
) -> None:
    before = answers(client)
    retain(database_url)
    conn.execute("UPDATE daily_metrics SET cost = cost + 1, events = 3")
    conn.execute("DELETE FROM metric_deltas")
    assert {one.key["agent_name"] for one in verify(database_url)} >= {"old", "other"}
    with connect_for_folds(database_url) as refresher:
        rebuild(refresher)
    assert verify(database_url) == []
    assert answers(client) == before


def test_a_second_time_there_is_nothing_to_do(database_url: str, runs: list[str]) -> None:
    assert retain(database_url)
    assert retain(database_url) == []
    assert verify(database_url) == []


@pytest.mark.one_server("the disk is the workers'")
def test_its_disk_is_back_at_once(database_url: str, conn: Connection) -> None:
    chance = random.Random(1)
    texts = [chance.randbytes(BYTES).hex() for _ in range(100)]
    run = new_id()
    receive(
        database_url,
        LONG_AGO,
        *[event(run, timestamp=on(LONG_AGO), data={"text": text}) for text in texts],
    )
    size = f"SELECT pg_total_relation_size('{name_of(LONG_AGO)}')"
    everything = "SELECT pg_database_size(current_database())"
    bytes_before, all_before = one(conn, size), one(conn, everything)
    assert bytes_before > len(texts) * BYTES
    assert retain(database_url) == [name_of(LONG_AGO)]
    assert all_before - one(conn, everything) > 0.9 * bytes_before
    assert one(conn, f"SELECT to_regclass('{name_of(LONG_AGO)}')") is None


def test_a_long_lived_run_keeps_its_partition(
    client: Client, conn: Connection, database_url: str, runs: list[str]
) -> None:
    client.send(event(runs[0], timestamp=on(today() - timedelta(days=KEEP_DAYS - 1))))
    assert retain(database_url) == [name_of(NEXT_WEEK)]
    assert stored(conn) == {runs[0], runs[1], runs[3]}
    assert retain(database_url, KEEP_DAYS - 2) == [name_of(LONG_AGO)]
    assert verify(database_url) == []


def test_a_clock_that_is_years_ahead_does_not(
    conn: Connection, database_url: str, runs: list[str]
) -> None:
    receive(database_url, LONG_AGO, event(new_id(), timestamp="2199-01-01T00:00:00Z"))
    conn.execute("UPDATE runs SET updated_at = %s WHERE last_event_at > now()", [on(LONG_AGO)])
    assert retain(database_url) == [name_of(LONG_AGO), name_of(NEXT_WEEK)]
    assert verify(database_url) == []


def test_old_events_of_a_new_run_stay(client: Client, database_url: str) -> None:
    assert client.send(*run_on(LONG_AGO)).status_code == 200
    assert retain(database_url) == []


def test_weeks_in_the_default_partition_go_as_well(
    client: Client, conn: Connection, database_url: str, runs: list[str]
) -> None:
    for weeks in (9, 8):
        with Client.of(database_url, today=lambda w=weeks: LONG_AGO - w * WEEK) as before:  # type: ignore[misc]
            before.send(*run_on(LONG_AGO - weeks * WEEK))
            lived = run_on(LONG_AGO - weeks * WEEK)
            lived[-1]["timestamp"] = on(today() if weeks == 8 else LONG_AGO)
            before.send(*lived)
    answered = answers(client)
    assert one(conn, "SELECT count(*) FROM events_default") == 20
    assert retain(database_url)[-1] == "events_default"
    assert one(conn, "SELECT count(*) FROM events_default") == 10  # a run is written to still
    assert answers(client) == answered
    assert verify(database_url) == []


def test_numbers_of_runs_count_on(
    client: Client, conn: Connection, database_url: str, runs: list[str]
) -> None:
    retain(database_url)
    run = new_id()
    client.send(event(run, agent_name="other"))
    assert client.run(run)["run_name"] == "run 2"


def test_an_agent_is_deleted_with_what_it_had(
    client: Client, conn: Connection, database_url: str, runs: list[str]
) -> None:
    fold_once(database_url)
    retain(database_url)
    client.ok("/agents/old", "DELETE")
    assert one(conn, "SELECT count(*) FROM retired_metrics WHERE agent_name = 'old'") == 0
    assert client.ok("/metrics/versions?agent=old")["versions"] == []
    assert client.ok("/metrics/summary")["total_events"] == 5  # of the other agent
    assert verify(database_url) == []
    fold_once(database_url)
    assert verify(database_url) == []


def test_retired_quarter_hours_become_days_when_they_are_no_longer_kept(
    client: Client, conn: Connection, database_url: str, runs: list[str]
) -> None:
    fold_once(database_url)
    before = client.ok("/metrics/summary")
    retain(database_url)
    hours = "SELECT count(*) FROM retired_metrics WHERE extract(hour FROM quarter_hour) > 0"
    assert one(conn, hours) > 0
    with connect_for_folds(database_url) as refresher:
        forget_all(refresher, 93)
    retain(database_url)
    assert one(conn, "SELECT count(*) FROM retired_metrics") > 0
    # a run counts at its created_at, which is today in this test: that quarter hour is still kept
    assert one(conn, hours + " AND event_type <> ''") == 0
    assert verify(database_url) == []
    with connect_for_folds(database_url) as refresher:
        rebuild(refresher)
    assert verify(database_url) == []
    assert client.ok("/metrics/summary") == before


def test_who_counts_events_in_one_snapshot_keeps_all_partitions(
    conn: Connection, database_url: str, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "LOCK_RETRIES", RetryPolicy(2, 0.01))
    with conn.transaction():
        queries.verify.lock_events(conn)
        assert retain(database_url) == []
    assert stored(conn) == set(runs)
    for table in ("retired_metrics", "expired_runs"):
        assert one(conn, f"SELECT count(*) FROM {table}") == 0
    assert verify(database_url) == []
    assert retain(database_url) == [name_of(LONG_AGO), name_of(NEXT_WEEK)]


def test_a_run_that_is_deleted_meanwhile_is_not_retired(
    conn: Connection,
    database_url: str,
    runs: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(retention, "SETTINGS", retention.SETTINGS | {"lock_timeout": "60s"})
    dropped: list[str] = []
    dropping = threading.Thread(target=lambda: dropped.extend(retain(database_url)))
    with connect(database_url, WRITE, "test") as other:
        locked = queries.runs.lock_for_delete(other, run_id=runs[0]).fetchall()
        delete_runs(other, locked)
        dropping.start()
        until(partial(waits_for_a_lock, conn), "it does not wait for the run")
        other.commit()
    dropping.join()
    assert cluster.URL or "has changed meanwhile" in caplog.text  # there, runs are held first
    assert dropped == [name_of(LONG_AGO), name_of(NEXT_WEEK)]
    assert one(conn, f"SELECT count(*) FROM expired_runs WHERE run_id = '{runs[0]}'") == 0
    assert verify(database_url) == []


def test_only_one_does_it(database_url: str, runs: list[str]) -> None:
    with retaining(database_url, today(), KEEP_DAYS):
        with pytest.raises(Busy):
            retain(database_url)
        partitions.keep_days(database_url, today(), KEEP_DAYS)  # the service leaves it to the other
    assert retain(database_url) == [name_of(LONG_AGO), name_of(NEXT_WEEK)]


@pytest.mark.parametrize("jump", [52, -2])
def test_nothing_goes_by_a_clock_that_postgresql_s_contradicts(
    conn: Connection, database_url: str, runs: list[str], jump: int
) -> None:
    day = today() + jump * WEEK
    said = f"the service's clock says {day}, PostgreSQL's {today()}"
    with pytest.raises(ClocksDiffer, match=said):
        partitions.keep_days(database_url, day, KEEP_DAYS)
    assert stored(conn) == set(runs)


def test_old_weeks_go_on_the_day_on_which_the_clocks_agree_again(
    conn: Connection,
    database_url: str,
    runs: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Until then the service tries each minute, and the log says it once a day."""
    days = [today() + WEEK] * 3
    monkeypatch.setattr(partitions, "CHECK_SECONDS", 0.01)
    monkeypatch.setattr(
        retention, "check_clocks", lambda conn, day: check_clocks(conn, days.pop() if days else day)
    )
    keeper = PartitionKeeper(database_url, today, KEEP_DAYS)
    keeper.open()
    try:
        until(lambda: stored(conn) == {runs[3]}, "nothing was dropped")
    finally:
        keeper.close()
    assert len([one for one in caplog.records if one.levelno == logging.ERROR]) == 1


def test_new_events_that_came_while_the_server_s_clock_was_years_behind_stay(
    conn: Connection, database_url: str, runs: list[str]
) -> None:
    """Its agents' clocks were right: what it stored looks old by the server's times alone."""
    receive(database_url, LONG_AGO, event(new_id(), timestamp=on(today() - timedelta(days=1))))
    conn.execute(
        "UPDATE runs SET created_at = %(day)s, updated_at = %(day)s", {"day": on(LONG_AGO)}
    )
    assert retain(database_url) == [name_of(NEXT_WEEK)]
    assert len(stored(conn)) == 4


@pytest.mark.parametrize("days", [0, KEEP_DAYS])
def test_the_service_does_it_once_a_day(
    conn: Connection,
    database_url: str,
    runs: list[str],
    days: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(partitions, "CHECK_SECONDS", 0.01)
    day = today() + (0 if days else 10) * WEEK
    keeper = PartitionKeeper(database_url, lambda: day, days)
    days_ahead = f"SELECT to_regclass('{name_of(day + WEEK)}')"
    keeper.open()
    try:
        if days:
            until(lambda: stored(conn) == {runs[3]}, "nothing was dropped")
        else:
            day += WEEK
            until(lambda: one(conn, days_ahead) is not None, "no partition was made")
    finally:
        keeper.close()
    assert len(stored(conn)) == (1 if days else 4)
    assert verify(database_url) == []


def test_several_instances_that_make_partitions_at_once_have_nothing_to_complain_of(
    conn: Connection, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    days = [today() + n * 5 * WEEK for n in range(1, 4)]
    with ThreadPoolExecutor(6) as pool:
        for day in days:
            list(pool.map(partial(partitions.ensure_partitions, database_url), [day] * 6))
    assert caplog.messages == []
    for day in days:
        assert one(conn, f"SELECT to_regclass('{name_of(day + 4 * WEEK)}')") is not None


@contextmanager
def sending(client: Client, runs: list[str]) -> Iterator[dict[str, int]]:
    """Send events of today, and late ones of old runs, for as long as the block takes."""
    counted = {"batches": 0, "inserted": 0, "expired": 0}
    failures: list[object] = []
    ended = threading.Event()

    def send() -> None:
        while not ended.is_set():
            late = event(random.choice(runs[:3]), timestamp=on(LONG_AGO, 3), agent_name="old")
            result = client.send(*run_on(today(), agent="new"), late)
            if result.status_code == 503:
                continue
            answer = result.json
            counted["batches"] += 1
            counted["inserted"] += answer["inserted"]
            counted["expired"] += answer["failed"]
            if result.status_code != 200 or answer["inserted"] + answer["failed"] != 6:
                failures.append(answer)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield counted
    finally:
        ended.set()
        thread.join()
    assert failures == []


def test_events_come_in_meanwhile(
    client: Client, other_client: Client, database_url: str, runs: list[str]
) -> None:
    events = 20
    for week in range(2, 8):
        receive(database_url, LONG_AGO + week * WEEK, *run_on(LONG_AGO + week * WEEK))
        events += 5
    gone: set[str] = set()

    def all_gone() -> bool:
        # A week whose runs changed at every attempt stays for the next pass.
        gone.update(retain(database_url))
        return len(gone) == 8

    with sending(other_client, runs) as counted:
        until(lambda: counted["batches"] > 3, "nothing comes in")
        until(all_gone, "a week stays")
        now = counted["batches"]
        until(lambda: counted["batches"] > now + 2, "nothing comes in any more")
    assert counted["expired"] > 0
    assert client.ok("/metrics/summary")["total_events"] == events + counted["inserted"]
    assert verify(database_url) == []
    fold_once(database_url)
    assert verify(database_url) == []
