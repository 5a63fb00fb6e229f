"""The roles of PostgreSQL below the owner: who makes them, what they may do, who connects as them.

The owner, DATABASE_URL's, migrates, folds, deletes. `gati_ingest` stores events, `gati_read` reads,
`gati_bi` is for others' tools. What each may do is one list: sql/roles/lacking.sql.
"""

from service.roles.grants import bring_about, set_passwords
from service.roles.logins import Logins
from service.roles.names import BI, INGEST, READ, given_urls

__all__ = [
    "BI",
    "INGEST",
    "READ",
    "Logins",
    "bring_about",
    "given_urls",
    "set_passwords",
]
