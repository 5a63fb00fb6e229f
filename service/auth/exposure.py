"""Whether the service may accept requests without keys."""

from service.config import Config
from service.core.addresses import is_loopback


def may_be_open(config: Config) -> bool:
    """Whether the configuration allows open access until the first key exists."""
    return config.insecure_public or is_loopback(config.host)
