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
    STORAGE_FULL = "storage_full"
    CONNECTIONS_FULL = "connections_full"


# The longest prefix of the SQLSTATE decides.
KINDS = {
    "08": Transient.UNAVAILABLE,  # connection
    "25006": Transient.UNAVAILABLE,  # read-only: a primary that was demoted
    "40": Transient.CONFLICT,  # deadlock, serialization
    "53": Transient.OVERLOADED,  # out of memory
    "53100": Transient.STORAGE_FULL,
    "53300": Transient.CONNECTIONS_FULL,
    "53400": Transient.TOO_HEAVY,  # temp_file_limit
    "55P03": Transient.LOCKED,
    "57014": Transient.TIMEOUT,
    "57P": Transient.UNAVAILABLE,  # shutting down, starting up, killed
    "58": Transient.UNAVAILABLE,  # I/O
}

# PostgreSQL's and PgBouncer's words: libpq has no SQLSTATE for a connection that was refused.
REFUSED = (
    "too many clients already",
    "connection slots are reserved",
    "too many connections for",
    "no more connections allowed",
)


# The function of PostgreSQL that raises 0A000 "cached plan must not change result type": its texts
# are translated, and its functions are not.
PLAN_CHECK = "RevalidateCachedQuery"


def is_stale_plan(error: psycopg.Error) -> bool:
    """Whether a migration has changed the columns that a prepared statement returns.

    The statement has to be prepared again: a new connection does that.
    """
    return error.sqlstate == "0A000" and error.diag.source_function == PLAN_CHECK


def transient_kind(error: psycopg.Error) -> Transient | None:
    """The kind of a transient error; None for a permanent one."""
    if is_stale_plan(error):
        return Transient.CONFLICT
    state = error.sqlstate
    if state is None:  # as after a lost connection
        return kind_without_state(error)
    return next((KINDS[state[:n]] for n in (5, 3, 2) if state[:n] in KINDS), None)


def kind_without_state(error: psycopg.Error) -> Transient | None:
    """The kind of an error that has no SQLSTATE: the connection was lost, or could not be made."""
    if not isinstance(error, psycopg.OperationalError):
        return None
    text = str(error)
    is_refused = any(words in text for words in REFUSED)
    return Transient.CONNECTIONS_FULL if is_refused else Transient.UNAVAILABLE
