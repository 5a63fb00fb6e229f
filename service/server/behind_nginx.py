"""Worker classes that have to stand behind the nginx of docker-compose.yml, and why."""

from service.config import Config
from service.core.addresses import is_loopback

HARM = {
    "meinheld": "crash or stall it",
    # A large answer that is not taken yet holds a thread; nginx takes whole ones. Those that need
    # no key are small enough for the system's own buffers.
    "gthread": "hold all of its threads by reading as many large answers slowly, if it has a key",
}
WARNING = (
    "warning: WORKER_CLASS={worker_class} on HOST={host}: a client that connects without the nginx "
    "of docker-compose.yml can {harm}; bind it to 127.0.0.1, or use gevent"
)


def nginx_warning(config: Config) -> str | None:
    """The warning if such a worker class listens on more than loopback, else None."""
    harm = HARM.get(config.worker_class)
    if harm is None or is_loopback(config.host):
        return None
    return WARNING.format(worker_class=config.worker_class, host=config.host, harm=harm)
