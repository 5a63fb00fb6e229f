"""The roles' names, and how one connects: the owner's URL with another user and password."""

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
    """The URL that somebody has set for each role; None: it follows from the owner's.

    Of the role that reads it says who that is, not where: a replica knows the primary's roles.
    """
    return {INGEST: config.database_ingest_url, READ: next(iter(config.database_read_url), None)}


def derived_password(owners: str, role: str) -> str:
    """A role's password, from the owner's: every instance knows it, and it is stored nowhere."""
    digest = hmac.digest(owners.encode(), f"gati-backend role {role}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def url_of(
    role: str,
    url: str,
    owner: psycopg.ConnectionInfo,
    *,
    same_host: bool = False,
    login: dict[str, str] | None = None,
) -> str:
    """The owner's URL as the role's; `owner` is a connection by it, wherever its password is from.

    `same_host` leads to the very server that the owner was led to, in place of several; `login` is
    another user with a password of its own.
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
    """The user that a URL names, with the password if it has one; empty where it names none."""
    parts = conninfo_to_dict(url or "")
    if "user" not in parts:
        return {}
    return {key: str(parts[key]) for key in ("user", "password") if key in parts}
