"""The names of the roles, and their URLs: the owner's with another user and password."""

import base64
import hmac

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service.config import Config

INGEST = "gati_ingest"
READ = "gati_read"
BI = "gati_bi"
ALL = (BI, INGEST, READ)


def given_urls(config: Config) -> dict[str, str | None]:
    """The URL that the settings give for each role; None: it is derived from the owner's.

    DATABASE_READ_URL gives the user that reads, also for the primary: replicas share its roles.
    """
    return {INGEST: config.database_ingest_url, READ: next(iter(config.database_read_url), None)}


def derived_password(owner_password: str, role: str) -> str:
    """A role's password, derived from the owner's: each instance computes it, none stores it."""
    digest = hmac.digest(owner_password.encode(), f"gati-backend role {role}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def url_of(
    role: str,
    url: str,
    owner: psycopg.ConnectionInfo,
    *,
    same_host: bool = False,
    login: dict[str, str] | None = None,
) -> str:
    """The role's URL: the owner's with another user and password.

    `owner` is a connection, because a file or the environment may give its password. `same_host`
    picks the server that `owner` reached, of several. `login` is another user, with a password if
    it needs one.
    """
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if key != "password"}
    parts["user"] = role
    if login:
        parts |= login
    elif owner.password:
        parts["password"] = derived_password(owner.password, role)
    if same_host:
        for key in ("target_session_attrs", "load_balance_hosts", "hostaddr"):
            parts.pop(key, None)
        parts |= {"host": owner.host, "port": str(owner.port)}
        if owner.hostaddr:
            parts["hostaddr"] = owner.hostaddr
    return make_conninfo(**parts)


def login_of(url: str | None) -> dict[str, str]:
    """The user of a URL, with the password if it has one; empty without a user."""
    parts = conninfo_to_dict(url or "")
    if "user" not in parts:
        return {}
    return {key: str(parts[key]) for key in ("user", "password") if key in parts}
