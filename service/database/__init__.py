"""The connections to PostgreSQL: their kinds, their settings, and what a broken one means.

settings      what sessions are told, by what they are for
connections   how one is made
pools         many, and how one is lent
reads         a statement or a snapshot, from one server
database      all that a process has
"""

from service.database.connections import connect, wants_read_write
from service.database.database import Database
from service.database.pools import pool
from service.database.settings import COMMON, DIRECT, READ, REFRESH, WRITE

__all__ = [
    "COMMON",
    "DIRECT",
    "READ",
    "REFRESH",
    "WRITE",
    "Database",
    "connect",
    "pool",
    "wants_read_write",
]
