"""PostgreSQL's clock is set back, or that of a new primary lies behind: folds go on.

And clocks that differ by more than a day are told.
"""

from datetime import date

import pytest

from service.resources.health import probe
from tests.client import Client
from tests.events import event, new_id
from tests.processes.harness import until
from tests.processes.postgres import ask, do
from tests.resources.test_health import folding, health


def test_folds_go_on_where_postgresql_s_clock_was_set_back(
    database_url: str, client: Client
) -> None:
    """By an hour: the last fold, and the lease of a leader that was killed, lie ahead of it."""
    do(database_url, "UPDATE fold_state SET folded_at = now() + interval '1 hour'")
    do(
        database_url,
        "UPDATE refresh_leader SET leader = 'gone/1:1', lease_until = now() + interval '1 hour'",
    )
    client.send(event(new_id()))
    with folding(database_url):
        until(lambda: client.ok("/health")["metrics"]["deltas_waiting"] == 0, "nothing is folded")
    assert ask(database_url, "SELECT folded_at <= now() FROM fold_state")


def test_a_fold_that_fails_after_the_clock_was_set_back_is_told(
    database_url: str, client: Client
) -> None:
    do(database_url, "UPDATE fold_state SET folded_at = now() + interval '1 hour'")
    do(database_url, "UPDATE refresh_leader SET failure = 'x', failed_at = now()")
    client.send(event(new_id()))
    assert "folds_failing" in health(client)[2]
    do(database_url, "UPDATE fold_state SET folded_at = now()")
    do(database_url, "UPDATE refresh_leader SET failed_at = now() + interval '1 hour'")
    assert "folds_failing" not in health(client)[2]


def test_clocks_that_differ_are_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "clocks_differ" not in health(client)[2]
    monkeypatch.setattr(probe, "today", lambda: date(2036, 1, 1))
    code, status, reasons = health(client)
    assert code == 200
    assert "clocks_differ" in reasons
    assert status == "healthy"
