"""What each `migrate up` does for the roles: create them, grant what they lack, set passwords.

Only what is missing is written. So it also repairs a database that was restored without privileges,
and grants to roles that a DBA has created since.
"""

from collections.abc import Collection
from contextlib import suppress

import psycopg

from service.db.queries import Connection, Query, queries
from service.db.roles.names import ALL, derived_password, url_of

SCRAM = b"scram-sha-256"
MADE_BY = "GATI Backend, made by {}"  # the comment that sql/roles/create.sql sets
CONNECT_TIMEOUT_SECONDS = 2


def ensure_roles(conn: Connection) -> None:
    """Create the roles if that is allowed, and grant each the privileges that it needs, no more.

    All in one transaction. `conn` is the owner's, in autocommit.
    """
    with conn.transaction():
        if len(known(conn)) < len(ALL):
            queries.roles.create(conn)
        for row in queries.roles.open_to_public(conn).fetchall():
            statement("revoke", row["privilege"])(conn, object=row["object"])
        for role, comment in known(conn).items():
            if not is_another_owners(comment, conn.info.user):
                grant_lacking(conn, role)


def known(conn: Connection) -> dict[str, str]:
    """The roles that exist in the cluster, each with its comment."""
    return {row["role"]: row["comment"] or "" for row in queries.roles.known(conn)}


def is_another_owners(comment: str, owner: str) -> bool:
    """Whether the service created a role for another owner, who therefore knows its password."""
    return comment.startswith(MADE_BY.format("")) and comment != MADE_BY.format(owner)


def grant_lacking(conn: Connection, role: str) -> None:
    """Grant a role the privileges that it lacks and that this user may grant."""
    for row in queries.roles.lacking(conn, role=role, grantee=role).fetchall():
        if row["may_grant"]:
            column = {"column_name": row["column_name"]} if row["column_name"] else {}
            grant = statement("grant", row["privilege"])
            grant(conn, role=role, object=row["object"], **column)


def statement(verb: str, privilege: str) -> Query:
    """The query that grants or revokes this privilege."""
    roles = queries.roles
    found: dict[tuple[str, str], Query] = {
        ("grant", "connect"): roles.grant_connect,
        ("grant", "execute"): roles.grant_execute,
        ("grant", "insert"): roles.grant_insert,
        ("grant", "select"): roles.grant_select,
        ("grant", "update"): roles.grant_update,
        ("grant", "usage"): roles.grant_usage,
        ("revoke", "create"): roles.revoke_create,
        ("revoke", "temporary"): roles.revoke_temporary,
    }
    return found[verb, privilege.lower()]


def set_passwords(conn: Connection, url: str, roles: Collection[str]) -> None:
    """Set the passwords derived from the owner's for those of `roles` that cannot connect.

    Only for roles that this owner has created: a DBA manages its own, and another database's owner
    has another password. The server's log and pg_stat_statements see only a verifier.
    """
    created = MADE_BY.format(conn.info.user)
    own = [role for role, comment in known(conn).items() if comment == created and role in roles]
    for role in own if conn.info.password else ():
        if not connects(url_of(role, url, conn.info)):
            password = derived_password(conn.info.password, role).encode()
            verifier = conn.pgconn.encrypt_password(password, role.encode(), SCRAM).decode()
            # XX000: another instance is setting the same password at this moment.
            with suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.InternalError_):
                queries.roles.set_password(conn, role=role, verifier=verifier)


def connects(url: str) -> bool:
    """Whether a connection by this URL succeeds."""
    try:
        psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_SECONDS).close()
    except psycopg.OperationalError:
        return False
    return True
