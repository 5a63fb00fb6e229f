"""A clock that is ahead for a while takes little of the metrics by hour, and verify puts it back.

PostgreSQL's clock cannot be set: to keep fewer days than 0 is what it would do ten years ahead.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from service.core.clock import today
from service.db import retention
from service.db.connections import connect
from service.db.queries import Connection
from service.db.session_settings import WRITE
from service.metrics.fold import QUARTER_HOUR_DAYS, connect_for_folds, fold, forget_quarter_hours
from service.metrics.leader import FoldLeader, fold_once
from service.metrics.upkeep import upkeep
from service.metrics.verify import rebuild, repair, verify
from tests.client import Client
from tests.db.old import one, receive, retain, run_on
from tests.events import new_id
from tests.metrics.asking import answer_of, ask, forget_all, moment, points, store
from tests.processes.harness import until

pytestmark = pytest.mark.any_postgres

AHEAD = QUARTER_HOUR_DAYS - 3743  # how many days a clock that is ten years ahead would keep
KEPT_FROM = "SELECT quarter_hours_from FROM fold_state"


def midnight(days: int) -> datetime:
    """The beginning of the day, so many days ago."""
    day = today() - timedelta(days=days)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def send_days(client: Client, url: str, *days: int) -> None:
    """Store an event of each of these days before now, and fold."""
    store(client, url, "folded", [moment(new_id(), midnight(n), data={"cost": 1}) for n in days])


def costs(client: Client, days: int) -> float:
    """The sum of the costs by hour since that day."""
    window = {"metric": "cost", "interval": "hour", "from_": midnight(days).isoformat()}
    return sum(points(ask(client, **window)))


def set_ahead(conn: Connection, kept_from: datetime = datetime(2036, 1, 1, tzinfo=UTC)) -> None:
    """What a version that followed any clock has left behind."""
    conn.execute("UPDATE fold_state SET quarter_hours_from = %s", [kept_from])
    conn.execute("DELETE FROM quarter_hour_metrics")
    conn.execute("DELETE FROM quarter_hour_latency")


def test_nothing_is_forgotten_where_the_clocks_differ(
    client: Client,
    conn: Connection,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    send_days(client, database_url, 120, 10)
    monkeypatch.setattr("service.metrics.upkeep.today", lambda: date(2036, 1, 1))
    with connect_for_folds(database_url) as folder:
        upkeep(folder, QUARTER_HOUR_DAYS)
        assert "no metrics by hour are deleted: the service's clock says 2036" in caplog.text
        assert one(conn, KEPT_FROM).year == 1970
        assert one(conn, "SELECT count(*) FROM quarter_hour_metrics WHERE events > 0") == 2
        monkeypatch.undo()
        upkeep(folder, QUARTER_HOUR_DAYS)
    assert one(conn, "SELECT count(*) FROM quarter_hour_metrics WHERE events > 0") == 1


def test_a_clock_that_is_ahead_takes_a_day_for_each_hour(
    client: Client, conn: Connection, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    send_days(client, database_url, 30, 20, 20, 10)
    with connect_for_folds(database_url) as folder:
        upkeep(folder, AHEAD)
        assert one(conn, KEPT_FROM) == midnight(29)
        assert "days more than" in caplog.text
        assert costs(client, 29) == 3
        upkeep(folder, AHEAD)
        assert one(conn, KEPT_FROM) == midnight(19)
        caplog.clear()
        upkeep(folder, QUARTER_HOUR_DAYS)  # the clock is right again
    assert one(conn, KEPT_FROM) == midnight(19)
    assert caplog.text == ""
    assert costs(client, 19) == 1
    answer_of(client, 400, metric="cost", interval="hour", from_=midnight(20).isoformat())


def test_a_clock_that_is_ahead_at_the_start_takes_nothing(
    client: Client, conn: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_days(client, database_url, 30, 20)

    def start() -> None:
        leader = FoldLeader(database_url, 60, AHEAD)
        leader._step()
        leader._resign()

    for _ in range(3):  # as a service that is restarted often
        start()
    assert one(conn, KEPT_FROM).year == 1970
    monkeypatch.setattr("service.metrics.leader.FIRST_UPKEEP_SECONDS", -1)
    start()
    assert one(conn, KEPT_FROM) == midnight(29)


def test_an_empty_database_counts_hours_whatever_its_first_clock_said(
    client: Client, conn: Connection, database_url: str
) -> None:
    with connect_for_folds(database_url) as folder:
        upkeep(folder, AHEAD)
    assert one(conn, KEPT_FROM).year == 1970
    send_days(client, database_url, 1)
    assert costs(client, 1) == 1
    assert verify(database_url) == []


def test_a_clock_that_is_ahead_leaves_the_newest_day(
    client: Client, conn: Connection, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    send_days(client, database_url, 1, 0)
    with connect_for_folds(database_url) as folder:
        for _ in range(3):
            upkeep(folder, AHEAD)
        assert one(conn, KEPT_FROM) == midnight(0)
        send_days(client, database_url, 0)
    assert costs(client, 0) == 2
    assert "days more than" not in caplog.text
    assert verify(database_url, "agent") == []


def test_after_weeks_without_a_service_a_day_goes_each_hour(
    client: Client, conn: Connection, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    send_days(client, database_url, *range(90, 97))
    conn.execute("UPDATE fold_state SET quarter_hours_from = %s", [midnight(96)])
    with connect_for_folds(database_url) as folder:
        behind = [forget_quarter_hours(folder, QUARTER_HOUR_DAYS) for _ in range(4)]
        assert behind == [2, 1, 0, 0]
        assert one(conn, KEPT_FROM) == midnight(93)
    assert costs(client, 91) == 2
    assert verify(database_url) == []


@pytest.mark.parametrize("waiting", [False, True], ids=["folded", "waiting"])
def test_verify_finds_hours_that_a_clock_ended_and_repair_counts_them(
    client: Client, conn: Connection, database_url: str, waiting: bool
) -> None:
    send_days(client, database_url, 120, 92, 30, 1)
    set_ahead(conn)
    send_days(client, database_url, 1)
    if waiting:
        client.send(moment(new_id(), midnight(1), data={"cost": 1}))
    found = verify(database_url)
    assert [(one.relation, one.key, one.field) for one in found] == [
        ("fold_state", {}, "quarter_hours_from")
    ]
    assert (found[0].stored[:10], found[0].counted[:10]) == (
        "2036-01-01",
        f"{midnight(QUARTER_HOUR_DAYS):%Y-%m-%d}",
    )
    repair(database_url, found)
    assert verify(database_url) == []
    assert one(conn, KEPT_FROM) == midnight(QUARTER_HOUR_DAYS)
    assert costs(client, 92 - 1) == 3 + waiting
    answer_of(client, 400, metric="cost", interval="hour", from_=midnight(94), to=midnight(90))
    send_days(client, database_url, 1)  # what comes now counts by hour at once
    assert costs(client, 1) == 3 + waiting


def test_a_day_ahead_is_no_difference(client: Client, conn: Connection, database_url: str) -> None:
    send_days(client, database_url, 93, 30)
    with connect_for_folds(database_url) as folder:
        forget_all(folder, 92)
    assert one(conn, KEPT_FROM) == midnight(92)
    assert verify(database_url) == []
    conn.execute("UPDATE fold_state SET quarter_hours_from = %s", [midnight(91)])
    assert [one.relation for one in verify(database_url)] == ["fold_state"]


def test_one_agent_is_verified_without_the_boundary(
    client: Client, conn: Connection, database_url: str
) -> None:
    send_days(client, database_url, 30)
    set_ahead(conn)
    assert verify(database_url, "agent") == []


def send_retired(database_url: str) -> None:
    """Runs of 70, 60 and 50 days ago, which retention removes, and of 5 days ago."""
    for days in (70, 60, 50, 5):
        day = today() - timedelta(days=days)
        receive(database_url, day, *run_on(day))
    fold_once(database_url)
    assert retain(database_url, 20) != []


def hours_of(conn: Connection, days: int) -> int:
    """How many quarter hours within a day ago are retired, but for its beginning."""
    kept = conn.execute(
        "SELECT DISTINCT quarter_hour FROM retired_metrics WHERE event_type <> ''"
        " AND quarter_hour > %s AND quarter_hour < %s",
        [midnight(days), midnight(days - 1)],
    )
    return len(kept.fetchall())


def test_retention_sums_up_no_more_than_the_clock_took(
    client: Client, conn: Connection, database_url: str
) -> None:
    send_retired(database_url)
    with connect_for_folds(database_url) as folder:
        upkeep(folder, AHEAD)
    retain(database_url, 20)
    assert [hours_of(conn, days) > 0 for days in (70, 60, 50)] == [False, True, True]
    assert costs(client, 69) == pytest.approx(0.3 * 3 * 3)


def test_repair_does_not_go_back_to_days_that_retention_has_summed_up(
    client: Client, conn: Connection, database_url: str
) -> None:
    send_retired(database_url)
    with connect_for_folds(database_url) as folder:
        for _ in range(2):
            upkeep(folder, AHEAD)
        retain(database_url, 20)  # sums up the days 70 and 60
        set_ahead(conn, midnight(0))
        repair(database_url, verify(database_url))
        assert one(conn, KEPT_FROM) == midnight(59)
        assert [hours_of(conn, days) > 0 for days in (60, 50)] == [False, True]
        fold(folder)
    assert verify(database_url) == []
    assert costs(client, 59) == pytest.approx(0.3 * 3 * 2)


@pytest.mark.one_server("the locks of one server are looked at")
def test_retention_waits_while_hours_are_set_back(
    conn: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "SETTINGS", retention.SETTINGS | {"lock_timeout": "60s"})
    send_retired(database_url)
    set_ahead(conn, midnight(0))
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{}'::regclass"
    with connect_for_folds(database_url) as folder, ThreadPoolExecutor(2) as pool:
        with connect(database_url, WRITE, "holder") as holder:
            holder.execute("LOCK TABLE daily_metrics")
            setting = pool.submit(rebuild, folder, sets_back=True)
            until(lambda: one(conn, waits.format("daily_metrics")), "the rebuild does not wait")
            summing = pool.submit(retain, database_url, 20)
            until(lambda: one(conn, waits.format("retired_metrics")), "retention does not wait")
        setting.result()
        summing.result()
    assert hours_of(conn, 60) > 0
    assert verify(database_url) == []
