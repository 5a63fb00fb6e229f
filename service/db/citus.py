"""python -m service migrate citus: distribute the tables of runs and events over Citus's nodes.

The tables that grow with the events go to the workers: `runs`, `events`, `expired_runs` and
`scores`, by run_id, so that all rows of a run are on one node. The other tables stay on the
coordinator, which every statement passes: agents, whose rows serialise the naming of runs, and
metrics, whose size does not depend on the number of events. So folds, materialized views and deltas
stay exact.
"""

from service.core.failure import Failure
from service.db.connections import connect
from service.db.migrate import migrating
from service.db.queries import Connection, queries
from service.db.roles import names as roles
from service.db.schema_version import applied_names, find_migration_gap, known_names
from service.db.session_settings import DIRECT, READ, WRITE

# In this order; the others are colocated with the first.
TABLES = ("runs", "events", "expired_runs", "scores")
# Workers do not get the settings of a session on the coordinator. Without them each level of a
# trace would sort the run again, and lock waits would have no timeout.
ON_WORKERS = {
    "enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit", "lock_timeout", "work_mem",
}  # fmt: skip


def distribute(url: str) -> list[str]:
    """Distribute the remaining tables; return a line for each table. Raises Failure without Citus.

    All or nothing, except that the disk of the coordinator's copies is freed afterwards.
    """
    with migrating(url), connect(url, DIRECT, "citus") as conn:
        conn.autocommit = True
        if queries.citus.extension(conn).fetchone() is None:
            raise Failure(
                "this database has no extension citus: CREATE EXTENSION citus on the coordinator "
                "and each worker, SELECT citus_add_node(…) for each of these, then run this again"
            )
        gap = find_migration_gap(known_names(), applied_names(conn))
        if gap:
            raise Failure(str(gap))
        before = shards(conn)
        with conn.transaction():
            distribute_tables(conn, [table for table in TABLES if table not in before])
            settle_workers(conn)
        return [
            f"{table}: {count} shards by run_id{', as before' if table in before else ''}"
            for table, count in shards(conn).items()
        ]


def settle_workers(conn: Connection) -> None:
    """Give the roles' sessions on the workers the settings of those on the coordinator."""
    known = {row["role"] for row in queries.roles.known(conn)}
    for role, settings in ((roles.INGEST, WRITE), (roles.READ, READ)):
        for setting in sorted(ON_WORKERS & settings.keys()) if role in known else ():
            queries.citus.set_for_role(conn, role=role, setting=setting, value=settings[setting])
    if roles.INGEST in known:
        queries.citus.grant_deltas(conn, role=roles.INGEST)


def shards(conn: Connection) -> dict[str, int]:
    """The distributed tables, each with the number of its shards."""
    return {row["relation"]: row["shards"] for row in queries.citus.distributed(conn)}


def distribute_tables(conn: Connection, tables: list[str]) -> None:
    """Distribute these tables, in the order of TABLES."""
    if TABLES[0] in tables:
        queries.citus.drop_keys(conn)
        queries.citus.index_names(conn)
    for table in tables:
        beside = "none" if table == TABLES[0] else TABLES[0]
        queries.citus.distribute(conn, relation=table, beside=beside)
    for table in tables:
        queries.citus.free_local(conn, relation=table)
