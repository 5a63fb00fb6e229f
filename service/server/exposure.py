"""What is said at the start about who can connect, and to what."""

import ipaddress
import socket

from service.config import Config

WARNING = (
    "warning: WORKER_CLASS=meinheld on HOST={host}: whoever reaches it without the nginx in front "
    "can crash or stall it; bind it to 127.0.0.1, or use gevent"
)


def warning(config: Config) -> str | None:
    """One line when meinheld listens on more than loopback; None when all is well."""
    if config.worker_class != "meinheld" or is_loopback(config.host):
        return None
    return WARNING.format(host=config.host)


def may_be_open(config: Config) -> bool:
    """Whether everybody who can connect is let in while no key was ever made."""
    return config.insecure_public or is_loopback(config.host)


def is_loopback(host: str) -> bool:
    """Whether every address that the name stands for reaches this machine alone."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        return False  # the start itself will say what is wrong with it
    return all(
        ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found
    )
