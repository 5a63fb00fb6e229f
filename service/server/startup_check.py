"""The start's question: whether the service may serve, as it is bound and with the keys there are.

python -m service.server.startup_check    exit 1 with a line when it may not
"""

import sys

from service.auth.exposure import may_be_open
from service.auth.key_admin import keys
from service.config import Config
from service.core.addresses import is_loopback
from service.core.failure import Failure

REFUSAL = (
    "HOST={host} can be reached from elsewhere, and no key exists, so everybody could read and "
    "delete everything. Make one: python -m service keys create admin --scope admin (or bind "
    "127.0.0.1; or serve --insecure-public)"
)
OPEN = "no key exists: whoever reaches {host}:{port} is let in (python -m service keys create …)"
STAR = "warning: CORS_ORIGINS=* while no key exists: any web page can read what is stored"
INSECURE = "warning: --insecure-public on HOST={host}, and no key exists: everybody is let in"
MEINHELD = (
    "warning: WORKER_CLASS=meinheld on HOST={host}: whoever reaches it without the nginx in front "
    "can crash or stall it; bind it to 127.0.0.1, or use gevent"
)


def check(config: Config, url: str) -> list[str]:
    """The lines to print before serving; raises Failure where it may not serve."""
    if keys(url):
        return []
    if not may_be_open(config):
        raise Failure(REFUSAL.format(host=config.host))
    said = [OPEN.format(host=config.host, port=config.port)]
    if config.insecure_public:
        said = [INSECURE.format(host=config.host)]
    if config.cors_origins == ("*",):
        said.append(STAR)
    return said


def warning(config: Config) -> str | None:
    """One line when meinheld listens on more than loopback; None when all is well."""
    if config.worker_class != "meinheld" or is_loopback(config.host):
        return None
    return MEINHELD.format(host=config.host)


def main() -> int:
    """Check the service of the environment; its database is at DATABASE_URL."""
    config = Config.from_environment()
    try:
        said = check(config, config.database_url or "")
    except Failure as failure:
        print(f"gati-backend: {failure}", file=sys.stderr, flush=True)
        return 1
    for line in said:
        print(f"gati-backend: {line}", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
