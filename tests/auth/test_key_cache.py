"""What a worker knows of the keys: no query for each request, and nothing old for long."""

import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from service.auth.key_admin import create, find_valid, revoke
from service.auth.key_cache import (
    FRESH_SECONDS,
    LATEST_SECONDS,
    Key,
    KeyCache,
    Principal,
    added_or_ended,
)
from service.auth.scopes import Scope
from service.db.database import Database
from service.db.database_settings import DatabaseSettings
from service.db.queries import Connection

pytestmark = pytest.mark.any_postgres


class Clock:
    """A clock that stands still until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(DatabaseSettings(database_url, 5))
    database.open()
    yield database
    database.close()


@pytest.fixture
def ring(database: Database, clock: Clock) -> KeyCache:
    return KeyCache(database, clock)


def test_a_key_is_known_by_its_text_alone(ring: KeyCache, database_url: str) -> None:
    key = create(database_url, "laptop", Scope.INGEST, None)
    principal = ring.find(key)
    assert principal is not None
    assert (principal.key_id, principal.scope) == (key.split("_")[2], Scope.INGEST)
    assert ring.find(key.replace("_ingest_", "_admin_")) is None


def test_a_new_key_is_known_at_once_a_second_apart(
    ring: KeyCache, clock: Clock, database_url: str
) -> None:
    assert ring.is_empty()
    key = create(database_url, "laptop", Scope.READ, None)
    assert ring.find(key) is None
    clock.now += 1.1
    assert ring.find(key) is not None
    assert not ring.is_empty()


def test_a_revoked_key_is_refused_once_the_keys_are_read_anew(
    ring: KeyCache, clock: Clock, database_url: str
) -> None:
    key = create(database_url, "laptop", Scope.READ, None)
    assert ring.find(key) is not None
    revoke(database_url, find_valid(database_url, "laptop")[0].key_id)
    assert ring.find(key) is not None
    clock.now += FRESH_SECONDS + 0.1
    assert ring.find(key) is None
    assert not ring.is_empty(), "what was closed once stays closed"


def test_a_revoked_key_has_ended_where_the_clock_is_behind_that_of_postgresql(
    ring: KeyCache, clock: Clock, database_url: str, conn: Connection
) -> None:
    key = create(database_url, "laptop", Scope.READ, None)
    revoke(database_url, find_valid(database_url, "laptop")[0].key_id)
    conn.execute("UPDATE api_keys SET revoked_at = revoked_at + interval '1 hour'")
    clock.now += FRESH_SECONDS + 0.1
    assert ring.find(key) is None


def test_while_postgresql_is_away_keys_are_good_for_a_while_and_no_longer(
    ring: KeyCache, clock: Clock, database: Database, database_url: str
) -> None:
    key = create(database_url, "laptop", Scope.READ, None)
    assert ring.find(key) is not None
    database.close()
    clock.now += LATEST_SECONDS - 0.1
    assert ring.find(key) is not None
    clock.now += 0.2
    with pytest.raises((psycopg.Error, PoolTimeout)):
        ring.find(key)


def test_what_has_to_answer_without_postgresql_goes_by_the_keys_it_last_had(
    ring: KeyCache, clock: Clock, database: Database, database_url: str
) -> None:
    key, other = (create(database_url, name, Scope.READ, None) for name in ("laptop", "other"))
    assert ring.find(key, old=True) is not None
    revoke(database_url, find_valid(database_url, "other")[0].key_id)
    clock.now += FRESH_SECONDS + 0.1
    assert ring.find(other, old=True) is None, "while it answers the keys are read anew"
    database.close()
    clock.now += 1000 * LATEST_SECONDS
    assert ring.find(key, old=True) is not None
    assert ring.find(other, old=True) is None
    assert not ring.is_empty(old=True)
    for some, old in ((ring, False), (KeyCache(database), True)):  # the second never had any
        with pytest.raises((psycopg.Error, PoolTimeout)):
            some.find(key, old)
        with pytest.raises((psycopg.Error, PoolTimeout)):
            some.is_empty(old)


def test_a_server_that_is_behind_adds_keys_and_ends_them_and_no_more() -> None:
    def key(year: int | None) -> Key:
        ends_at = None if year is None else datetime(year, 1, 1, tzinfo=UTC)
        return Key(Principal("name", Scope.READ), b"", ends_at, "None")

    known = {"gone": key(None), "revoked": key(2026), "alive": key(None), "ends": key(2030)}
    found = {"revoked": key(2030), "alive": key(2027), "ends": key(None), "new": key(None)}
    assert added_or_ended(known, {}) == known, "it would let everybody in"
    assert added_or_ended(known, found) == known | {"alive": key(2027), "new": key(None)}
    assert added_or_ended({}, found) == found


def test_a_thousand_requests_ask_the_database_once(
    ring: KeyCache, database: Database, database_url: str
) -> None:
    key = create(database_url, "laptop", Scope.READ, None)
    for _ in range(1000):
        assert ring.find(key) is not None
        assert ring.find("gati_read_00000000_" + "0" * 43) is None
    assert database.pool_stats()["read"]["requests_num"] == 1


def test_a_key_remembers_the_day_on_which_it_was_used(
    ring: KeyCache, clock: Clock, database_url: str, conn: Connection
) -> None:
    key = create(database_url, "laptop", Scope.READ, None)
    create(database_url, "unused", Scope.READ, None)
    ring.find(key)
    clock.now += FRESH_SECONDS + 0.1
    ring.find(key)
    rows = conn.execute("SELECT name, last_used_on FROM api_keys ORDER BY name").fetchall()
    assert [(row["name"], row["last_used_on"]) for row in rows] == [
        ("laptop", datetime.now(UTC).date()),
        ("unused", None),
    ]


def test_what_is_sent_is_compared_in_constant_time(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare_digest(stored: bytes, sent: bytes) -> bool:
        compared.append((stored, sent))
        return hmac.compare_digest(stored, sent)

    key = create(database_url, "laptop", Scope.READ, None)
    wrapped = SimpleNamespace(compare_digest=compare_digest)
    monkeypatch.setattr("service.auth.key_cache.hmac", wrapped)
    keys = KeyCache(database)
    others = [f"{key[:-1]}{last}" for last in "abc" if last != key[-1]]
    assert [keys.find(sent) is not None for sent in (key, *others)] == [True] + [False] * len(
        others
    )
    # Hashes: how much of a key is right shows in no byte of them.
    assert len(compared) == 1 + len(others)
    assert all(len(stored) == len(sent) == 32 for stored, sent in compared)


def test_what_is_known_without_asking_is_a_valid_key_that_was_read(
    ring: KeyCache, database_url: str
) -> None:
    key = create(database_url, "laptop", Scope.INGEST, None)
    assert ring.id_of_known(key) is None
    principal = ring.find(key)
    assert principal is not None
    assert ring.id_of_known(key) == principal.key_id
    assert ring.id_of_known(key[:-1] + ("a" if key[-1] != "a" else "b")) is None
    assert ring.id_of_known("") is None
