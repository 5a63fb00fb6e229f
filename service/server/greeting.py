"""The greeting that the terminal shows once the service is ready."""

import uuid
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

from service import __version__
from service.config import Config

EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - addresses to listen on, not to connect to


def address(config: Config) -> str:
    """Return the URL of the service for a client on this machine."""
    host = "127.0.0.1" if config.host in EVERYWHERE else config.host
    return f"http://{bracketed(host)}:{config.port}"


def bracketed(host: str) -> str:
    """Return the host for a URL or gunicorn: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def redacted(url: str) -> str:
    """Return `user@host:port/database` of a PostgreSQL URL, without the password."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)

    def part(name: str, found: str | None) -> str:
        return unquote(found or "") or query.get(name, [""])[0]

    user = part("user", parts.username)
    # Not parts.port: libpq accepts lists of hosts with ports, which urlsplit rejects.
    host = part("host", parts.netloc.rpartition("@")[2])
    name = part("dbname", parts.path.lstrip("/"))
    return f"{user}@{host}/{name}" if user else f"{host}/{name}"


def greeting(config: Config, database: str) -> str:
    """Return the lines: the address, the database, and two commands to paste into a shell."""
    base, api = address(config), address(config) + config.api_prefix
    run_id = uuid.uuid4()
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    event = (
        f'{{"run_id":"{run_id}","agent_name":"hello","event_type":"agent_start",'
        f'"timestamp":"{now}","data":{{"cost":0.01}}}}'
    )
    return f"""
GATI Backend {__version__} is ready: {base}
  page       {base}/ui/
  database   {database}
  try        curl -s {api}/events -H 'Content-Type: application/json' -d '{{"events":[{event}]}}'
  read back  curl -s {api}/runs/{run_id}/timeline
"""
