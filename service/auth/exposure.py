"""Whether a service without keys may be reached by everybody who can connect."""

from service.config import Config
from service.core.addresses import is_loopback


def may_be_open(config: Config) -> bool:
    """Whether everybody who can connect is let in while no key was ever made."""
    return config.insecure_public or is_loopback(config.host)
