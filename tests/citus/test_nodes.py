"""A cluster whose workers are away says so, and stores the runs of the others."""

import logging
from collections.abc import Iterator

import psycopg
import pytest

from service.core.clock import today
from service.db.connections import connect
from service.db.session_settings import WRITE
from service.writer.lock_backoff import LockBackoff
from service.writer.request_store import RequestStore
from service.writer.transaction_runner import TransactionRunner
from service.writer.waiting_requests import WriteRequest
from tests import cluster
from tests.client import Client
from tests.events import event, new_id
from tests.processes.harness import free_port
from tests.writer.test_group_commit import rows_of

pytestmark = [
    pytest.mark.citus,
    pytest.mark.skipif(cluster.URL is None, reason=cluster.WHY_NOT),
]
WORKERS = "SELECT nodeid, nodeport FROM pg_dist_node WHERE groupid > 0 ORDER BY nodeid"
NODE = """
SELECT n.nodeid
  FROM pg_dist_placement AS p
  JOIN pg_dist_node      AS n
    ON n.groupid = p.groupid
 WHERE p.shardid = get_shard_id_for_distribution_column('runs', %s::uuid)
"""
# Of this database alone; with the real port nobody would be away.
MOVE = "UPDATE pg_dist_node SET nodeport = %s WHERE nodeid = %s"


@pytest.fixture
def ports(database_url: str) -> Iterator[dict[int, int]]:
    """The ports of the workers by their ids; set again afterwards."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        found: dict[int, int] = dict(conn.execute(WORKERS).fetchall())
        yield found
        for node, port in found.items():
            conn.execute(MOVE, [port, node])


def state(client: Client) -> tuple[int, str, set[str], int, float]:
    """The status of /health, what it says, its reasons, the status of /readyz, and the gauge."""
    health = client.simulate_get("/health")
    codes = {reason["code"] for reason in health.json["reasons"]} & {"nodes_away", "no_nodes"}
    lines = client.simulate_get("/metrics").text.splitlines()
    [up] = [line for line in lines if line.startswith("gati_database_up ")]
    ready = client.simulate_get("/readyz").status_code
    return health.status_code, health.json["status"], codes, ready, float(up.split()[1])


def test_workers_that_are_away_are_told(
    client: Client, database_url: str, ports: dict[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="service.resources.health")
    assert state(client)[2:] == (set(), 200, 1)
    first, *others = ports
    nobody = free_port()
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(MOVE, [nobody, first])
        assert state(client) == (200, "degraded", {"nodes_away"}, 200, 0)
        assert f":{nobody}" in caplog.text
        assert str(nobody) not in client.simulate_get("/health").text
        for node in others:
            conn.execute(MOVE, [free_port(), node])
        assert state(client) == (503, "unhealthy", {"no_nodes"}, 503, 0)
        for node, port in ports.items():
            conn.execute(MOVE, [port, node])
    assert state(client)[2:] == (set(), 200, 1)
    assert "are back" in caplog.text


def test_runs_of_other_nodes_are_stored_also_beside_those_of_one_that_is_away(
    database_url: str, ports: dict[int, int]
) -> None:
    runner = TransactionRunner(
        lambda: connect(database_url, WRITE, "test"), today, "test", LockBackoff()
    )
    runner.run([rows_of(event(new_id()))])
    away = min(ports)
    with psycopg.connect(database_url, autocommit=True) as conn:
        runs = [new_id() for _ in range(12)]
        nodes = [row[0] for run in runs for row in conn.execute(NODE, [run]).fetchall()]
        conn.execute(MOVE, [free_port(), away])
        requests = [WriteRequest(rows_of(event(run)), 0) for run in runs]
        RequestStore(runner, LockBackoff()).store(requests)
        stored = [request.done.exception() is None for request in requests]
        assert stored == [node != away for node in nodes]
        assert set(stored) == {True, False}
        conn.execute(MOVE, [ports[away], away])
        again = [request for request in requests if request.done.exception()]
        counts = runner.run([request.rows for request in again])
        assert [each.inserted for each in counts] == [1] * len(again)
    runner.close()
