"""Who is connected to the database: a migration may break the code of these processes."""

import time

from service.db.queries import Connection, queries

# PostgreSQL notices the end of a client that it works for a moment later.
ENDING_SECONDS = 2.0
PAUSE_SECONDS = 0.1


def sessions_in_use(conn: Connection) -> str:
    """The sessions of the service and its commands, as a list with numbers; empty: there is none.

    Sessions that are about to end have ENDING_SECONDS for that.
    """
    deadline = time.monotonic() + ENDING_SECONDS
    while found := queries.migrations.sessions(conn).fetchall():
        if time.monotonic() > deadline:
            break
        time.sleep(PAUSE_SECONDS)
    return ", ".join(f"{row['sessions']} {row['application_name']}" for row in found)
