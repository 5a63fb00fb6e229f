"""Who waits for whom, as the database under test tells it."""

from service.db.queries import Connection
from tests import cluster

HERE = """
SELECT
  FROM pg_stat_activity
 WHERE datname         = current_database()
   AND wait_event_type = 'Lock'
"""
ON_WORKERS = "SELECT FROM citus_lock_waits"


def waits_for_a_lock(conn: Connection) -> bool:
    """Whether anybody waits for another's lock; on a cluster, on any of its nodes."""
    questions = [HERE, ON_WORKERS] if cluster.URL else [HERE]
    return any(conn.execute(question).rowcount for question in questions)
