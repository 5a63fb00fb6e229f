"""The users of this process for ingest and for reads: the roles, or the owner as fallback.

They are checked when PostgreSQL first answers: at the start, or later if it is away; and again by
the first connection that is opened CHECK_SECONDS later. A log line reports each fallback. A role
that cannot connect is retried after RETRY_SECONDS, because the server may have too many
connections at the moment.

A role that has worked once, as the audit log says, has no fallback: anybody with its password can
break its login, and would get the owner's rights that way. Until it works again, its connections
fail, and requests are answered with 503.
"""

import logging
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

import psycopg

from service.core.worker_process import process
from service.db import audit_log
from service.db.connections import connect, wants_read_write
from service.db.queries import Connection, queries
from service.db.roles.names import INGEST, READ, login_of, url_of
from service.db.session_settings import COMMON

# A request waits for it: 2 s to connect, and little for small queries.
SETTINGS = COMMON | {"statement_timeout": "5s"}
RETRY_SECONDS = 10.0
CHECK_SECONDS = 60.0
USE = "use role"  # in the audit log: the role has worked in this database
TASKS = {INGEST: "ingest", READ: "reads"}
FALLBACK = (
    "%s as %s, the owner, which has all privileges: %s. docs/operations/roles.md says how a "
    "DBA changes that"
)

REFUSED = (
    "503 for all %s, because the owner does not take the place of a role that has worked: %s. "
    "docs/operations/roles.md says what to do"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Login:
    """The URL of a role, or why the role cannot be used."""

    url: str
    refusal: str = ""
    is_temporary: bool = False  # the refusal
    is_needed: bool = False  # the role has worked before, so the owner does not take its place


class Logins:
    """The URLs by which one process connects. Safe for threads."""

    def __init__(self, url: str, given: dict[str, str | None] | None = None) -> None:
        """`url` is the owner's. A role without a URL in `given` gets one derived from it.

        For reads, only the user and password of the given URL count here, not its host.
        """
        self.of_owner: dict[str, str] = {}  # settings for the roles' sessions, once checked
        self._url = url
        self._given = given or {}
        self._found: dict[str, Login] = {}
        self._refused: dict[str, str] = {}
        self._good_until = float("-inf")
        self._lock = threading.Lock()

    def check(self) -> None:
        """Check the roles now, if PostgreSQL is there; else the first connection does."""
        with suppress(psycopg.OperationalError):
            self._logins()

    def ingest(self) -> str:
        """The URL of the writer. Raises psycopg.OperationalError before the first check."""
        return self._url_of(INGEST)

    def read(self) -> str:
        """The URL of the next connection that reads; raises as `ingest` does.

        The role's sessions begin read-only, so libpq with target_session_attrs=read-write would
        skip every host. Then a connection of the owner finds the primary.
        """
        url = self._url_of(READ)
        if url == self._url or not wants_read_write(self._url):
            return url
        with connect(self._url, SETTINGS, "roles") as owner:
            return self._reader(owner)

    def _reader(self, owner: Connection) -> str:
        """The URL of the role that reads, on the primary, to which `owner` is connected."""
        same_host = wants_read_write(self._url)
        login = login_of(self._given.get(READ))
        return url_of(READ, self._url, owner.info, same_host=same_host, login=login)

    def _url_of(self, role: str) -> str:
        login = self._logins()[role]
        if login.refusal and login.is_needed:
            raise psycopg.OperationalError(login.refusal)
        return self._url if login.refusal else login.url

    def _logins(self) -> dict[str, Login]:
        if time.monotonic() > self._good_until:
            with connect(self._url, SETTINGS, "roles") as owner:
                owner.autocommit = True
                [settings] = queries.roles.settings_of_owner(owner).fetchall()
                self.of_owner = {name: value for name, value in settings.items() if value}
                found = self._find_all(owner)
                user = owner.info.user
            with self._lock:
                self._found = found
                is_temporary = any(login.is_temporary for login in found.values())
                pause = RETRY_SECONDS if is_temporary else CHECK_SECONDS
                self._good_until = time.monotonic() + pause
                self._report(user)
        return self._found

    def _report(self, owner: str) -> None:
        """Log the roles that are refused: at the start, and when that changes."""
        refused = {role: login.refusal for role, login in self._found.items() if login.refusal}
        before, self._refused = self._refused, refused
        if not refused and before:
            log.warning("ingest runs as %s, reads as %s from now on", INGEST, READ)
        elif refused != before and (before or process.is_first or process.is_joining):
            self._report_refused(owner)

    def _report_refused(self, owner: str) -> None:
        """Log which tasks the owner takes over, and which fail."""
        failing = {role for role, login in self._found.items() if login.is_needed}
        failed = {role: text for role, text in self._refused.items() if role in failing}
        replaced = {role: text for role, text in self._refused.items() if role not in failing}
        if failed:
            log.warning(REFUSED, tasks_of(failed), "; ".join(failed.values()))
        if replaced:
            verb = "run" if READ in replaced else "runs"
            log.warning(
                FALLBACK, f"{tasks_of(replaced)} {verb}", owner, "; ".join(replaced.values())
            )

    def _find_all(self, owner: Connection) -> dict[str, Login]:
        """Try to connect as each role; record those that work for the first time."""
        found = {role: self._find(owner, role) for role in TASKS}
        try:
            worked = audit_log.subjects(owner, USE)
        except psycopg.errors.UndefinedTable:
            return found  # the database was never migrated
        for role in found.keys() - worked:
            if not found[role].refusal:
                with suppress(psycopg.errors.ReadOnlySqlTransaction):
                    audit_log.record(owner, audit_log.SERVICE, USE, role)
        return {
            role: replace(login, is_needed=role in worked and bool(login.url))
            for role, login in found.items()
        }

    def _find(self, owner: Connection, role: str) -> Login:
        """Try to connect as a role. `owner` is connected, so PostgreSQL is there."""
        given = self._given.get(role)
        exists = any(row["role"] == role for row in queries.roles.known(owner))
        if not (given or exists):
            return Login("", f"there is no role {role}")
        url = self._reader(owner) if role == READ else given or url_of(role, self._url, owner.info)
        refusal, is_temporary = find_refusal(url, role, self.of_owner)
        if refusal:
            queries.roles.known(owner)  # raises if PostgreSQL has gone away: then it is no refusal
            refusal, is_temporary = find_refusal(url, role, self.of_owner)
        return Login(url, refusal, is_temporary)


def tasks_of(roles: Iterable[str]) -> str:
    """The tasks of these roles, for a log line."""
    return " and ".join(TASKS[role] for role in roles)


def find_refusal(url: str, role: str, of_owner: dict[str, str]) -> tuple[str, bool]:
    """Why a role cannot work by this URL, empty if it can; and whether that is temporary."""
    try:
        with connect(url, SETTINGS | of_owner, "roles") as conn:
            lacking = queries.roles.lacking(conn, role=role, grantee=conn.info.user).fetchone()
    except psycopg.Error as error:
        cause = str(error).strip().splitlines()[-1].strip()
        return f"{role} cannot connect ({cause})", True
    if lacking:
        return f"{role} has no {lacking['privilege']} on {lacking['object']}", False
    return "", False
