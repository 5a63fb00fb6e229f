"""Whom this process connects as, for ingest and for reads: the roles, or the owner in their place.

Found out once, when PostgreSQL first answers: at the start, or later where it is away then. The
service runs with what it is given, and a line says where that is less than the roles. A role that
cannot connect may be able to soon, where too many do: it is tried again after AGAIN_SECONDS.
"""

import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from service.core.worker_process import process
from service.db.connections import connect, wants_read_write
from service.db.queries import Connection, queries
from service.db.roles.names import INGEST, READ, login_of, url_of
from service.db.session_settings import COMMON

# As for any connection before a request is refused: 2 s to connect, and little for small questions.
SETTINGS = COMMON | {"statement_timeout": "5s"}
AGAIN_SECONDS = 10.0
TASKS = {INGEST: "ingest", READ: "reads"}
REFUSED = (
    "%s as %s, the owner, who may do everything: %s. README.md, Operations, Roles, has what a DBA "
    "does about it"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Login:
    """A role's way in: its URL, or why there is none."""

    url: str
    refusal: str = ""
    may_pass: bool = False  # the refusal


class Logins:
    """The URLs by which one process connects. Safe for threads."""

    def __init__(self, url: str, given: dict[str, str | None] | None = None) -> None:
        """`url` is the owner's, from which a role's follows that has none in `given`.

        What is given for reads says by whom; whether the primary is asked is another question.
        """
        self._url = url
        self._given = given or {}
        self._found: dict[str, Login] = {}
        self._refused: dict[str, str] = {}
        self._good_until = float("-inf")
        self._lock = threading.Lock()

    def look(self) -> None:
        """Find out now, if PostgreSQL is there; else whoever connects first does."""
        with suppress(psycopg.OperationalError):
            self._logins()

    def ingest(self) -> str:
        """The URL of the writer. Raises psycopg.OperationalError while nothing is known."""
        return self._url_of(INGEST)

    def read(self) -> str:
        """The URL of the next connection that reads; raises as `ingest` does.

        The role's sessions begin read-only, and libpq, told to find a host that takes writes, would
        pass over each of them: so there the owner is asked which it is.
        """
        url = self._url_of(READ)
        if url == self._url or not wants_read_write(self._url):
            return url
        with connect(self._url, SETTINGS, "roles") as owner:
            return self._reader(owner)

    def _reader(self, owner: Connection) -> str:
        """The URL of the role that reads, on the primary, where `owner` is."""
        same_host = wants_read_write(self._url)
        login = login_of(self._given.get(READ))
        return url_of(READ, self._url, owner.info, same_host=same_host, login=login)

    def _url_of(self, role: str) -> str:
        login = self._logins()[role]
        return self._url if login.refusal else login.url

    def _logins(self) -> dict[str, Login]:
        if time.monotonic() > self._good_until:
            with connect(self._url, SETTINGS, "roles") as owner:
                owner.autocommit = True
                found = {role: self._find(owner, role) for role in TASKS}
                user = owner.info.user
            with self._lock:
                self._found = found
                may_pass = any(login.may_pass for login in found.values())
                self._good_until = time.monotonic() + AGAIN_SECONDS if may_pass else float("inf")
                self._report(user)
        return self._found

    def _report(self, owner: str) -> None:
        """Say in one line what runs as the owner: once for the service, and where that changes."""
        refused = {role: login.refusal for role, login in self._found.items() if login.refusal}
        before, self._refused = self._refused, refused
        if not refused and before:
            log.warning("ingest runs as %s, reads as %s from now on", INGEST, READ)
        elif refused != before and (before or process.is_first or process.is_joining):
            tasks = " and ".join(TASKS[role] for role in refused)
            verb = "run" if len(refused) > 1 or READ in refused else "runs"
            log.warning(REFUSED, f"{tasks} {verb}", owner, "; ".join(refused.values()))

    def _find(self, owner: Connection, role: str) -> Login:
        """Try to connect as a role; `owner` is connected, so PostgreSQL is there."""
        given = self._given.get(role)
        is_there = any(row["role"] == role for row in queries.roles.known(owner))
        if not (given or is_there):
            return Login("", f"there is no role {role}")
        url = self._reader(owner) if role == READ else given or url_of(role, self._url, owner.info)
        refusal, may_pass = why_not(url, role)
        if refusal:
            queries.roles.known(owner)  # fails where PostgreSQL went away just now: no refusal then
            refusal, may_pass = why_not(url, role)
        return Login(url, refusal, may_pass)


def why_not(url: str, role: str) -> tuple[str, bool]:
    """Why a role cannot do its work by this URL, empty where it can; and whether that may pass."""
    try:
        with connect(url, SETTINGS, "roles") as conn:
            lacking = queries.roles.lacking(conn, role=role, grantee=conn.info.user).fetchone()
    except psycopg.Error as error:
        said = str(error).strip().splitlines()[-1].strip()
        return f"{role} cannot connect ({said})", True
    if lacking:
        return f"{role} has no {lacking['privilege']} on {lacking['object']}", False
    return "", False
