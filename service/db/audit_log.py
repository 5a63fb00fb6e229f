"""The audit log: who changed what, in the transaction that does it."""

from service.db.queries import Connection, queries

COMMAND, RETENTION = "command", "retention"  # who acts where no request does


def record(conn: Connection, actor: str, action: str, subject: str) -> None:
    """Add a row: the id of a key or a word for who it was, what was done, and to what."""
    queries.audit.add(conn, actor=actor, action=action, subject=subject)
