"""Any history of ingest, deletes, renames, folds and compactions: verify finds nothing.

And what the live views say is what a recount of the facts says, in quarter hours and buckets too.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.db.queries import Connection
from service.metrics.fold import (
    compact,
    connect_for_folds,
    delete_empty,
    fold,
)
from service.metrics.verify import rebuild, verify
from tests.client import Client
from tests.events import new_id
from tests.metrics.asking import forget_all
from tests.metrics.truth import VIEWS, compare

pytestmark = pytest.mark.any_postgres

RUNS = [new_id() for _ in range(4)]
IDS = [new_id() for _ in range(8)]
AGENTS = ["alpha", "beta", "gamma"]
# The edges of quarter hours, days and years, and a few at the same time.
MOMENTS = [
    "2026-11-22T00:00:00",
    "2026-11-22T00:00:00",
    "2026-11-21T23:59:59.999999",
    "2026-11-22T10:14:59.999999",
    "2026-11-22T10:15:00",
    "2026-11-22T10:29:59.999999+05:45",
    "1970-01-01T00:00:00Z",
    "2199-12-31T23:59:59Z",
    datetime.now(UTC).isoformat(),
]
DATA = st.fixed_dictionaries(
    {},
    optional={
        "cost": st.sampled_from([0, 0.1, 0.2, 0.3, 1e-7, 1e9, 5e-324]),
        "tokens_in": st.sampled_from([0, 1, 2**40]),
        "tokens_out": st.integers(0, 9),
        "cached_tokens": st.sampled_from([0, 1, 2**40, "7"]),
        "cache_write_tokens": st.integers(0, 9),
        "reasoning_tokens": st.integers(0, 9),
        "latency_ms": st.sampled_from([0, 0.001, 0.0015, 1, 999.999, 1e12]) | st.floats(0, 1e6),
        "model": st.sampled_from(["gpt-4o", "llama", "", "x" * 255]),
        "status": st.sampled_from(["ok", "error"]),
        "tool_name": st.sampled_from(["search", "", "x" * 255]),
    },
)
DRAFTS = st.fixed_dictionaries(
    {
        "run_id": st.sampled_from(RUNS),
        "event_id": st.sampled_from(IDS),
        "agent_name": st.sampled_from(AGENTS),
        "event_type": st.sampled_from(["agent_start", "agent_end", "llm_call", "tool_call"]),
        "timestamp": st.sampled_from(MOMENTS),
        "parent_event_id": st.none() | st.sampled_from(IDS),
        "previous_event_id": st.none() | st.sampled_from(IDS),
        "data": DATA,
    }
)
STEPS = st.one_of(
    st.lists(DRAFTS, min_size=1, max_size=8),
    st.lists(DRAFTS, min_size=1, max_size=8),
    st.sampled_from(["fold", "fold", "compact", "delete empty", "forget", "rebuild", "set back"]),
    st.tuples(st.just("run"), st.sampled_from(RUNS)),
    st.tuples(st.just("agent"), st.sampled_from(AGENTS)),
    st.tuples(st.just("rename"), st.sampled_from(AGENTS)),
)


UPKEEP: dict[str, Callable[[Connection], object]] = {
    "fold": fold,
    "compact": compact,
    "delete empty": delete_empty,
    "rebuild": rebuild,
    "set back": lambda conn: rebuild(conn, sets_back=True),
}


def do(client: Client, folder: Connection, step: Any) -> None:
    """One step of a history."""
    if isinstance(step, list):
        assert client.send(*step).json["failed"] == 0
    elif isinstance(step, tuple):
        kind, name = step
        if kind == "rename":
            rename_latest(client, name)
        else:
            assert client.simulate_delete(f"/api/{kind}s/{name}").status_code in {200, 404}
    elif step == "forget":
        forget_all(folder, 1)
    else:
        UPKEEP[step](folder)


def rename_latest(client: Client, agent: str) -> None:
    """Give the agent's latest run another name, if it has one."""
    found = client.simulate_get(f"/api/agents/{agent}/runs")
    if found.status_code == 200 and found.json:
        path = f"/api/runs/{agent}/{found.json[0]['run_name']}"
        assert client.simulate_patch(path, json={"new_run_name": new_id()}).status_code == 200


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(STEPS, min_size=1, max_size=12))
def test_after_any_history_verify_finds_nothing(
    client: Client, conn: Connection, database_url: str, history: list[Any]
) -> None:
    conn.execute("UPDATE fold_state SET quarter_hours_from = '1970-01-01 00:00+00'")
    with connect_for_folds(database_url) as folder:
        rebuild(folder)  # another example may have forgotten quarter hours
        for step in history:
            do(client, folder, step)
        # To forget all but a day is as if the clock were ahead, which verify tells.
        assert [one for one in verify(database_url) if one.relation != "fold_state"] == []
        with folder.transaction():
            assert [compare(folder, view)[1] for view in VIEWS] == [[]] * len(VIEWS)
