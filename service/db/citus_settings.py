"""What of a Citus cluster is not as the service needs it: docs/operations/citus.md."""

import psycopg

from service.db.connections import connect
from service.db.queries import Connection, Row, queries
from service.db.roles.names import INGEST, READ
from service.db.session_settings import DIRECT

MOST_SHARDS_PER_WORKER = 4
LOCKS = 256  # for each of a transaction: a batch holds one for each of its runs
RECOVER_MS = 2_000


def find_advice(url: str) -> list[str]:
    """A line for each setting, and each login to a worker, that should be otherwise, and why."""
    with connect(url, DIRECT, "citus") as conn:
        [found] = queries.citus.settings(conn).fetchall()
        known = {row["role"] for row in queries.roles.known(conn)}
        shut_out = [line for role in (INGEST, READ) if role in known for line in logins(conn, role)]
    return [f"{setting} is {value}: {advice}" for setting, value, advice in unmet(found)] + shut_out


def logins(conn: Connection, role: str) -> list[str]:
    """A line for each worker that does not let a role in from the coordinator."""
    conn.rollback()
    try:
        queries.citus.become(conn, role=role)
        nodes = queries.citus.nodes(conn).fetchall()
    except psycopg.errors.InsufficientPrivilege:  # the owner may not be it, so nothing is known
        nodes = []
    conn.rollback()
    return [
        f"{row['node']} does not let {role} in from the coordinator: allow it in pg_hba.conf "
        "there, or enter its password in pg_dist_authinfo on each node"
        for row in nodes
        if not row["answers"]
    ]


def unmet(found: Row) -> list[tuple[str, object, str]]:
    """The settings that are not met: name, value, advice."""
    workers = max(found["workers"], 1)
    on_a_node = -(-found["shards"] // workers)
    prepared = found["prepared_on_workers"]
    checks: list[tuple[bool, str, object, str]] = [
        (
            found["modify_mode"] == "sequential",
            "citus.multi_shard_modify_mode",
            found["modify_mode"],
            "set it to sequential, or a transaction may take a connection for each shard",
        ),
        (
            found["cached_connections"] >= on_a_node,
            "citus.max_cached_conns_per_worker",
            found["cached_connections"],
            f"set it to {on_a_node} or more, the shards on a node: transactions open what lacks",
        ),
        (
            0 < found["recover_2pc_ms"] <= RECOVER_MS,
            "citus.recover_2pc_interval",
            f"{found['recover_2pc_ms']} ms",
            "set it to 2s, or what was acknowledged as a node died is not seen for longer",
        ),
        (
            found["locks"] >= LOCKS,
            "max_locks_per_transaction",
            found["locks"],
            f"set it to {LOCKS} on the coordinator: a batch holds a lock for each of its runs",
        ),
        (
            prepared is None or prepared >= found["connections"],
            "max_prepared_transactions",
            f"{prepared} on a worker",
            f"set it to {found['connections']} or more, the coordinator's max_connections",
        ),
        (
            found["shards"] <= MOST_SHARDS_PER_WORKER * workers,
            "citus.shard_count",
            f"{found['shards']} with {workers} worker(s)",
            "two to four for each worker cost least; it stays as it was at the first run",
        ),
    ]
    return [(name, value, advice) for is_met, name, value, advice in checks if not is_met]
