"""The checks before a start: no service for the public without a key, none with a broken query.

python -m service.server.startup_check    exits with 1 and a line on standard error if it must not
"""

import sys

import psycopg

from service.auth.exposure import may_be_open
from service.auth.key_admin import keys
from service.config import Config
from service.core.failure import Failure
from service.db.connections import connect
from service.db.queries import queries
from service.db.query_check import first_fault
from service.db.session_settings import READ

REFUSAL = (
    "HOST={host} can be reached from other machines, and no key exists, so anyone could read and "
    "delete everything. Create a key: python -m service keys create admin --scope admin (or bind "
    "127.0.0.1; or serve --insecure-public)"
)
OPEN = (
    "no key exists: requests to {host}:{port} need no authentication "
    "(python -m service keys create …)"
)
STAR = "warning: CORS_ORIGINS=* while no key exists: any web page can read what is stored"
INSECURE = "warning: --insecure-public on HOST={host}, and no key exists: anyone may do everything"

# Beside a change of the schema by others; the start does not wait for its end.
LOCKED = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)


def check(config: Config, url: str) -> list[str]:
    """Return the lines to print before serving; raises Failure if the service must not serve."""
    if keys(url):
        return []
    if not may_be_open(config):
        raise Failure(REFUSAL.format(host=config.host))
    text = INSECURE if config.insecure_public else OPEN
    lines = [text.format(host=config.host, port=config.port)]
    if config.cors_origins == ("*",):
        lines.append(STAR)
    return lines


def check_queries(url: str) -> None:
    """Raise Failure for a file of sql/ that PostgreSQL refuses: about 500 texts take 0.15 s."""
    with connect(url, READ, "start") as conn:
        conn.autocommit = True
        try:
            fault = first_fault(conn, queries.all())
        except LOCKED:
            return
    if fault:
        raise Failure(fault)


def main() -> int:
    """Check the settings of the environment and the queries against DATABASE_URL."""
    config = Config.from_environment()
    url = config.database_url or ""
    try:
        check_queries(url)
        lines, code = check(config, url), 0
    except Failure as failure:
        lines, code = [str(failure)], 1
    except psycopg.OperationalError as error:
        text = str(error).partition("\n")[0]
        lines, code = [f"the database did not answer: {text}"], 1
    for line in lines:
        print(f"gati-backend: {line}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
