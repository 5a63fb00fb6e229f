"""The audit log: who changed what, written in the transaction of the change."""

from service.db.queries import Connection, queries

COMMAND, RETENTION, SERVICE = "command", "retention", "service"  # actors without a request


def record(conn: Connection, actor: str, action: str, subject: str) -> None:
    """Add a row. `actor` is the id of a key or a word such as COMMAND."""
    queries.audit.add(conn, actor=actor, action=action, subject=subject)


def subjects(conn: Connection, action: str) -> set[str]:
    """To what an action has ever been done."""
    return {row["subject"] for row in queries.audit.subjects(conn, action=action)}
