"""Database errors: from the SQLSTATE to the kind of a transient error."""

from enum import StrEnum

import psycopg
from psycopg_pool import PoolTimeout, TooManyRequests

# Every way in which a statement, or the wait for a connection, fails.
DATABASE_ERRORS = (psycopg.Error, PoolTimeout, TooManyRequests)


class Transient(StrEnum):
    """Kinds of errors after which a retry may succeed. The value is the API's error code."""

    UNAVAILABLE = "database_unavailable"
    OVERLOADED = "overloaded"
    LOCKED = "locked"
    CONFLICT = "conflict"
    TIMEOUT = "timeout"
    TOO_HEAVY = "too_heavy"


# The longest prefix of the SQLSTATE decides.
KINDS = {
    "08": Transient.UNAVAILABLE,  # connection
    "25006": Transient.UNAVAILABLE,  # read-only: a primary that was demoted
    "40": Transient.CONFLICT,  # deadlock, serialization
    "53": Transient.OVERLOADED,  # disk full, too many connections, out of memory
    "53400": Transient.TOO_HEAVY,  # temp_file_limit
    "55P03": Transient.LOCKED,
    "57014": Transient.TIMEOUT,
    "57P": Transient.UNAVAILABLE,  # shutting down, starting up, killed
    "58": Transient.UNAVAILABLE,  # I/O
}


def transient_kind(error: psycopg.Error) -> Transient | None:
    """The kind of a transient error; None for a permanent one."""
    state = error.sqlstate
    if state is None:  # as after a lost connection
        return Transient.UNAVAILABLE if isinstance(error, psycopg.OperationalError) else None
    return next((KINDS[state[:n]] for n in (5, 3, 2) if state[:n] in KINDS), None)
