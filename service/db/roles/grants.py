"""What `migrate up` does for the roles, each time: make them, grant what they lack, set passwords.

Nothing is written where nothing is lacking. So it also catches up on a database that was restored
without privileges, and on roles that a DBA has made since.
"""

from collections.abc import Collection
from contextlib import suppress

import psycopg

from service.db.queries import Connection, Query, queries
from service.db.roles.names import ALL, derived_password, url_of

SCRAM = b"scram-sha-256"
MADE_BY = "GATI Backend, made by {}"  # as sql/roles/create.sql notes it
CONNECT_TIMEOUT_SECONDS = 2


def bring_about(conn: Connection) -> None:
    """Make the roles where that is allowed, and let each do here what it has to, no more.

    All of it in one transaction; `conn` is the owner's, in autocommit.
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
    """The roles that the cluster has, each with its comment."""
    return {row["role"]: row["comment"] or "" for row in queries.roles.known(conn)}


def is_another_owners(comment: str, owner: str) -> bool:
    """Whether the service made a role for somebody else, who therefore knows its password."""
    return comment.startswith(MADE_BY.format("")) and comment != MADE_BY.format(owner)


def grant_lacking(conn: Connection, role: str) -> None:
    """Grant a role what it lacks, but for what is not ours to grant."""
    for row in queries.roles.lacking(conn, role=role, grantee=role).fetchall():
        if row["may_grant"]:
            column = {"column_name": row["column_name"]} if row["column_name"] else {}
            grant = statement("grant", row["privilege"])
            grant(conn, role=role, object=row["object"], **column)


def statement(verb: str, privilege: str) -> Query:
    """The file that grants or revokes this privilege."""
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
    """Give `roles` the passwords that follow from the owner's, where they do not connect without.

    Only those that this very owner has made: a DBA's are the DBA's, and another database's owner
    has another password. The server's log and pg_stat_statements see a verifier alone.
    """
    ours = MADE_BY.format(conn.info.user)
    mine = [role for role, comment in known(conn).items() if comment == ours and role in roles]
    for role in mine if conn.info.password else ():
        if not connects(url_of(role, url, conn.info)):
            password = derived_password(conn.info.password, role).encode()
            verifier = conn.pgconn.encrypt_password(password, role.encode(), SCRAM).decode()
            # XX000: another instance sets it at this moment. It is the same.
            with suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.InternalError_):
                queries.roles.set_password(conn, role=role, verifier=verifier)


def connects(url: str) -> bool:
    """Whether one can connect by this URL."""
    try:
        psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_SECONDS).close()
    except psycopg.OperationalError:
        return False
    return True
