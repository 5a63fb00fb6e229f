"""The connections to PostgreSQL: their kinds, their settings, and what a broken one means.

settings      what sessions are told, by what they are for
connections   how one is made
pools         many, and how one is lent
reads         a statement or a snapshot, from one server
replicas      which server that is; replica, lookout, progress, asking: what it depends on
database      all that a process has
"""

from service.database.asking import Asking, Doubtful, asking, doubt_replica
from service.database.connections import connect, wants_read_write
from service.database.database import Database
from service.database.pools import pool
from service.database.replica import Replica
from service.database.replicas import Replicas
from service.database.settings import COMMON, DIRECT, READ, REFRESH, WRITE

__all__ = [
    "COMMON",
    "DIRECT",
    "READ",
    "REFRESH",
    "WRITE",
    "Asking",
    "Database",
    "Doubtful",
    "Replica",
    "Replicas",
    "asking",
    "connect",
    "doubt_replica",
    "pool",
    "wants_read_write",
]
