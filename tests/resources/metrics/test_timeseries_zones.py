"""Hours and days in time zones: changes of the clocks, odd offsets, and what zones there are."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

import pytest

from service.api.errors import ApiError
from service.api.parameters import zone_names
from service.db.queries import Connection
from service.resources.metrics.time_window import Window, axis
from tests.client import Client
from tests.events import Event, new_id
from tests.metrics.asking import STATES, ask, moment, points, refusal, series, starts, store
from tests.metrics.recount import by_day, by_hour

pytestmark = pytest.mark.pgbouncer

ZONES = {
    "spring in Paris": ("Europe/Paris", "2026-03-29", 23),
    "autumn in Paris": ("Europe/Paris", "2026-10-25", 25),
    "Kathmandu": ("Asia/Kathmandu", "2026-10-25", 24),
    "autumn in New York": ("America/New_York", "2026-11-01", 25),
    "spring at midnight in Havana": ("America/Havana", "2026-03-08", 23),
    "autumn at midnight in Havana": ("America/Havana", "2026-11-01", 25),
    "autumn at midnight on the Azores": ("Atlantic/Azores", "2026-10-25", 25),
    "half an hour on Lord Howe, spring": ("Australia/Lord_Howe", "2026-10-04", 24),
    "half an hour on Lord Howe, autumn": ("Australia/Lord_Howe", "2026-04-05", 25),
    "Chatham, three quarters": ("Pacific/Chatham", "2026-04-05", 25),
    "a zone without a place": ("EST5EDT", "2026-11-01", 25),
    "the day line": ("Pacific/Kiritimati", "2026-04-05", 24),
}


def local_day(zone: str, day: str) -> tuple[datetime, datetime]:
    """Where a day begins and ends, in UTC."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
    following = midnight + timedelta(days=1)  # on the wall
    return midnight.astimezone(UTC), following.astimezone(UTC)


def every_quarter_hour(zone: str, day: str) -> list[Event]:
    """An event in each quarter hour from a day before the day to one after it."""
    begin, end = local_day(zone, day)
    run, at, found = new_id(), begin - timedelta(days=1), []
    while at < end + timedelta(days=1):
        found.append(moment(run, (at + timedelta(minutes=7)).isoformat()))
        at += timedelta(minutes=15)
    return found


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", ZONES)
def test_a_day_has_every_event_from_midnight_to_midnight(
    client: Client, database_url: str, name: str, state: str
) -> None:
    zone, day, _ = ZONES[name]
    begin, end = local_day(zone, day)
    store(client, database_url, state, every_quarter_hour(zone, day))
    following = end.astimezone(ZoneInfo(zone)).date().isoformat()
    answer = ask(client, from_=day, to=following, tz=zone)
    assert (answer["from"], answer["to"]) == (begin.isoformat(), end.isoformat())
    assert points(answer) == [(end - begin) / timedelta(minutes=15)]


@pytest.mark.parametrize("name", ZONES)
def test_the_days_around_a_change_of_the_clocks_are_what_a_recount_gives(
    client: Client, name: str
) -> None:
    zone, day, _ = ZONES[name]
    sent = every_quarter_hour(zone, day)
    client.send(*sent)
    expected: dict[str, float] = {}
    for one in sent:
        at = by_day(zone)(datetime.fromisoformat(one["timestamp"]))
        expected[at] = expected.get(at, 0) + 1
    before = (datetime.fromisoformat(day) - timedelta(days=3)).date()
    after = (datetime.fromisoformat(day) + timedelta(days=3)).date()
    assert series(ask(client, from_=before, to=after, tz=zone)) == {None: expected}


@pytest.mark.parametrize("name", ZONES)
def test_a_day_has_as_many_hours_as_the_clocks_show(client: Client, name: str) -> None:
    zone, day, hours = ZONES[name]
    begin, end = local_day(zone, day)
    client.send(*every_quarter_hour(zone, day))
    following = end.astimezone(ZoneInfo(zone)).date().isoformat()
    answer = ask(client, from_=day, to=following, tz=zone, interval="hour")
    found = points(answer)
    assert (len(found), sum(found)) == (hours, (end - begin) / timedelta(minutes=15))
    assert starts(answer)[0] == begin
    assert set(found) <= ({2, 4} if zone == "Australia/Lord_Howe" else {4})


@pytest.mark.parametrize("zone", ["Europe/Paris", "Asia/Kathmandu", "America/St_Johns"])
def test_hours_are_those_of_the_local_clock(client: Client, zone: str) -> None:
    sent = every_quarter_hour(zone, "2026-10-25")
    client.send(*sent)
    expected: dict[str, float] = {}
    for one in sent:
        at = by_hour(zone)(datetime.fromisoformat(one["timestamp"]))
        expected[at] = expected.get(at, 0) + 1
    window = {"from_": "2026-10-23", "to": "2026-10-28", "tz": zone}
    assert series(ask(client, **window, interval="hour")) == {None: expected}


def test_hours_of_quarter_hour_zones_do_not_begin_on_the_hour(client: Client) -> None:
    answer = ask(client, tz="Asia/Kathmandu", interval="hour")
    assert {at.minute for at in starts(answer)} == {15}


def test_a_window_without_an_offset_is_in_the_time_zone(client: Client) -> None:
    answer = ask(client, from_="2026-11-01", to="2026-11-02T00:00", tz="Asia/Tokyo")
    assert answer["from"] == "2026-10-31T15:00:00+00:00"
    assert answer["to"] == "2026-11-01T15:00:00+00:00"


def test_a_window_with_an_offset_is_rounded_in_the_time_zone(client: Client) -> None:
    given = {"from_": "2026-11-01T12:00:00Z", "to": "2026-11-01T18:00:00Z"}
    answer = ask(client, **given, tz="Asia/Tokyo")
    assert answer["from"] == "2026-10-31T15:00:00+00:00"
    assert answer["to"] == "2026-11-02T15:00:00+00:00"


def test_the_last_thirty_days_are_those_of_the_time_zone(client: Client) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Paris"):
        answer = ask(client, tz=zone)
        assert len(points(answer)) == 30
        local = {at.astimezone(ZoneInfo(zone)).time().isoformat() for at in starts(answer)}
        assert local == {"00:00:00"}


def test_a_window_within_the_hour_that_comes_twice(client: Client) -> None:
    window = {"from_": "2026-10-25T00:40:00Z", "to": "2026-10-25T01:20:00Z"}  # 02:40, then 02:20
    answer = ask(client, **window, tz="Europe/Paris", interval="hour")
    assert [at.hour for at in starts(answer)] == [0, 1]


def test_a_zone_that_the_server_does_not_have_is_400(conn: Connection) -> None:
    known = (Path(directory, "Europe/Paris") for directory in TZPATH)
    paris = next(path for path in known if path.exists()).read_bytes()
    zone = ZoneInfo.from_file(BytesIO(paris), key="Mars/Olympus")
    at = datetime(2026, 11, 1, tzinfo=UTC)
    with pytest.raises(ApiError) as refused:
        axis(conn, Window(at, at + timedelta(days=1), "day", zone))
    assert refused.value.extra == {"parameter": "tz"}


def test_postgresql_reads_every_zone_as_python_does(conn: Connection) -> None:
    """Those without a place: as abbreviations of PostgreSQL they would have no summer time."""
    moments = [datetime(2026, month, 1, 12, tzinfo=UTC) for month in range(1, 13)]
    asked = "SELECT at AT TIME ZONE %s AS local FROM unnest(%s::timestamptz[]) AS at ORDER BY at"
    for name in zone_names():
        if "/" not in name:
            expected = [at.astimezone(ZoneInfo(name)).replace(tzinfo=None) for at in moments]
            found = conn.execute(asked, [name, moments]).fetchall()
            assert [row["local"] for row in found] == expected, name
    assert {"UTC", "GMT", "EST5EDT"} <= zone_names()


@pytest.mark.parametrize(
    "zone",
    [
        "Mars/Olympus", "europe/paris", "Europe", "", "../UTC", "/etc/passwd", "UTC+1", "+01:00",
        "Europe/Paris\x00", "🦊", "x" * 5000,
        # Known to Python and not to PostgreSQL, or to both as something else: CET is for
        # PostgreSQL an abbreviation, of winter time all the year.
        "localtime", "posixrules", "right/Europe/Paris", "Factory",
        "CET", "EET", "MET", "WET",
    ],
)  # fmt: skip
@pytest.mark.parametrize("interval", ["hour", "day"])
def test_what_is_no_time_zone_everywhere_is_400(
    idle_client: Client, zone: str, interval: str
) -> None:
    assert (
        refusal(idle_client, tz=zone, interval=interval, from_="2026-07-01", to="2026-07-02")
        == "tz"
    )
