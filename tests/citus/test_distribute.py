"""Migrating to Citus, on a cluster: CITUS_URL=postgresql:… python -m pytest tests/citus ….

With CITUS_URL set, every other test that asks for a database is given a distributed one, too.
"""

from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from service.db.citus import TABLES
from service.db.queries import DISTRIBUTED, Connection, queries
from service.metrics.verify import verify
from tests import cluster
from tests.client import Client
from tests.events import event, new_id
from tests.processes.harness import run
from tests.resources.export.reading import export
from tests.sql.test_contract import choices, examples_of

pytestmark = [
    pytest.mark.citus,
    pytest.mark.skipif(cluster.URL is None, reason=cluster.WHY_NOT),
]

NODES = """
SELECT count(DISTINCT p.groupid)
  FROM pg_dist_shard     AS s
  JOIN pg_dist_placement AS p
    ON p.shardid = s.shardid
 WHERE s.logicalrelid = 'runs'::regclass
"""
# Of each run: where it lies, and where its events would.
SHARDS = """
SELECT get_shard_id_for_distribution_column('runs', r.run_id)   AS of_run,
       get_shard_id_for_distribution_column('events', r.run_id) AS of_events
  FROM runs AS r
"""
PLACES = """
SELECT s.shardid, p.groupid
  FROM pg_dist_shard     AS s
  JOIN pg_dist_placement AS p
    ON p.shardid = s.shardid
"""


def test_what_is_there_is_spread_and_stays_as_it_was(gathered_url: str, tmp_path: Path) -> None:
    runs = [new_id() for _ in range(20)]
    with Client.of(gathered_url) as client:
        for number, run_id in enumerate(runs):
            sent = client.send(event(run_id, "agent_start", agent_name=f"agent {number % 3}"))
            assert sent.status_code == 200
        before = [client.run(run_id) for run_id in runs]
    said = run(tmp_path, "migrate", "citus", DATABASE_URL=gathered_url)
    assert said.returncode == 0
    assert all(line.startswith("note: ") for line in said.stderr.splitlines())
    assert [line.split(":")[0] for line in said.stdout.splitlines()] == sorted(TABLES)
    with Client.of(gathered_url) as client:
        assert [client.run(run_id) for run_id in runs] == before
        more = [event(run_id, "agent_end", 1, agent_name="agent 0") for run_id in runs]
        assert client.send(*more).json["inserted"] == len(runs)
        assert {agent["total_events"] for agent in client.ok("/api/agents")} == {14, 12}
    assert verify(gathered_url) == []
    again = run(tmp_path, "migrate", "citus", DATABASE_URL=gathered_url)
    assert again.returncode == 0
    assert all(line.endswith("as before") for line in again.stdout.splitlines())


def test_a_run_lies_on_one_node_and_runs_on_all(client: Client, database_url: str) -> None:
    client.send(*[event(new_id()) for _ in range(50)])
    with psycopg.connect(database_url) as conn:
        node_of: dict[int, int] = dict(conn.execute(PLACES).fetchall())
        shards = conn.execute(SHARDS).fetchall()
        [nodes] = conn.execute(NODES).fetchone() or [0]
    assert len(shards) == 50
    assert all(node_of[of_run] == node_of[of_events] for of_run, of_events in shards)
    assert len({node_of[of_run] for of_run, _ in shards}) == nodes > 1


def test_settings_that_cost_speed_or_safety_are_named(database_url: str, tmp_path: Path) -> None:
    name = conninfo_to_dict(database_url)["dbname"]
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {name} SET citus.max_cached_conns_per_worker = 1")
        conn.execute(f"ALTER DATABASE {name} SET citus.multi_shard_modify_mode = parallel")
    said = run(tmp_path, "migrate", "citus", DATABASE_URL=database_url)
    assert said.returncode == 0
    named = [line.split()[1] for line in said.stderr.splitlines() if line.startswith("note: ")]
    assert "citus.multi_shard_modify_mode" in named
    assert "citus.max_cached_conns_per_worker" in named


def test_a_worker_that_does_not_let_a_role_in_is_named(database_url: str, tmp_path: Path) -> None:
    name = conninfo_to_dict(database_url)["dbname"]
    on_workers = "SELECT * FROM run_command_on_workers(%s)"
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(on_workers, [f"GRANT CONNECT ON DATABASE {name} TO gati_ingest"])
        revoke = f"REVOKE CONNECT ON DATABASE {name} FROM gati_read, PUBLIC"
        workers = conn.execute(on_workers, [revoke]).fetchall()
    said = run(tmp_path, "migrate", "citus", DATABASE_URL=database_url)
    assert said.returncode == 0
    shut_out = [line for line in said.stderr.splitlines() if "does not let gati_read in" in line]
    assert len(shut_out) == len(workers)
    assert "does not let gati_ingest in" not in said.stderr


def test_it_is_not_dumped_from_the_coordinator_alone(database_url: str, tmp_path: Path) -> None:
    refused = run(tmp_path, "dump", "file", DATABASE_URL=database_url)
    assert refused.returncode == 1
    assert "export each agent" in refused.stderr
    assert not (tmp_path / "file").exists()


def test_retention_knows_the_bytes_on_the_workers(
    client: Client, conn: Connection, database_url: str
) -> None:
    client.send(*[event(new_id(), data={"text": "x" * 1000}) for _ in range(20)])
    found = queries.retention.partitions(conn, cutoff="2100-01-01").fetchall()
    [here] = conn.execute(
        "SELECT max(pg_total_relation_size(inhrelid)) AS bytes FROM pg_inherits"
        " WHERE inhparent = 'events'::regclass"
    ).fetchall()
    assert found
    assert all(row["bytes"] > here["bytes"] for row in found)


def test_the_way_back_is_an_export_and_an_import(
    client: Client, gathered_url: str, tmp_path: Path
) -> None:
    runs = [new_id() for _ in range(20)]
    for number, run_id in enumerate(runs):
        name, said = f"agent {number % 3}", {"model": "gpt-4o", "tokens_in": 1000}
        client.send(event(run_id, "agent_start", agent_name=name))
        client.send(event(run_id, "llm_call", 1, agent_name=name, data=said))
    file = tmp_path / "events.ndjson"
    file.write_text(export(client).text)
    imported = run(tmp_path, "import", str(file), DATABASE_URL=gathered_url)
    assert (imported.returncode, imported.stderr) == (0, "")
    compared = ("agent_name", "status", "tokens_in", "total_cost", "event_count")
    with Client.of(gathered_url) as gathered:
        for run_id in runs:
            there, here = client.run(run_id), gathered.run(run_id)
            assert [here[name] for name in compared] == [there[name] for name in compared]
        assert gathered.ok("/api/agents") != []
    assert verify(gathered_url) == []


def test_it_is_refused_before_the_schema_is_there(empty_database_url: str, tmp_path: Path) -> None:
    refused = run(tmp_path, "migrate", "citus", DATABASE_URL=empty_database_url)
    assert refused.returncode == 1
    assert "migrate up" in refused.stderr


def test_every_statement_is_planned(database_url: str) -> None:
    """What no other test may reach: each choice of optional parameters."""
    planned = 0
    with psycopg.connect(database_url, autocommit=True) as conn:
        for query in queries.all():
            if not query.bindable:
                continue
            examples = examples_of(query.name)
            for chosen in choices(query):
                variant = query.variant({*chosen, DISTRIBUTED})
                text = variant.with_identifiers(examples)
                values = {name: examples[name] for name in variant.params}
                # An example that is one of other choices: an after_value that is a time.
                with suppress(psycopg.errors.InvalidTextRepresentation):
                    psycopg.ClientCursor(conn).execute(f"EXPLAIN {text}", values)
                planned += 1
    assert planned > 1000
