"""What is said of a Citus cluster's settings; tests/citus asks a real one."""

from typing import Any

import pytest

from service.db.citus_settings import unmet

GOOD: dict[str, Any] = {
    "cached_connections": 4,
    "recover_2pc_ms": 2_000,
    "modify_mode": "sequential",
    "locks": 256,
    "connections": 100,
    "prepared_on_workers": 100,
    "workers": 2,
    "shards": 8,
}


def test_nothing_is_said_of_good_settings() -> None:
    assert unmet(GOOD) == []
    assert unmet(GOOD | {"prepared_on_workers": None}) == []  # no worker answered


@pytest.mark.parametrize(
    ("column", "value", "name"),
    [
        ("cached_connections", 3, "citus.max_cached_conns_per_worker"),
        ("recover_2pc_ms", 60_000, "citus.recover_2pc_interval"),
        ("recover_2pc_ms", -1, "citus.recover_2pc_interval"),  # off
        ("modify_mode", "parallel", "citus.multi_shard_modify_mode"),
        ("locks", 64, "max_locks_per_transaction"),
        ("prepared_on_workers", 0, "max_prepared_transactions"),
        ("connections", 200, "max_prepared_transactions"),
        ("shards", 9, "citus.shard_count"),
    ],
)
def test_a_setting_that_should_be_otherwise_is_named(column: str, value: Any, name: str) -> None:
    named = [setting for setting, _, _ in unmet(GOOD | {column: value})]
    assert name in named
    assert len(named) == 1 + (column == "shards")  # of more shards more are on a node
