"""Dashboard: the released GATI dashboard, served on this machine against this service."""

import importlib.util
from contextlib import suppress
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

from service.cli.dashboard.forwarding import Forwarding
from service.cli.dashboard.pages import Pages
from service.config import Config
from service.core.failure import Failure
from service.server.greeting import address

__all__ = ["find_files", "run"]

LOOPBACK = "127.0.0.1"


def run(config: Config) -> int:
    """Serve the page until Ctrl-C. Raises Failure when it is not installed or the port is taken."""
    service = Forwarding(address(config), config.dashboard_key)
    pages = partial(Pages, directory=str(find_files()), service=service)
    try:
        server = ThreadingHTTPServer((LOOPBACK, config.dashboard_port), pages)
    except OSError as error:
        raise Failure(f"DASHBOARD_PORT={config.dashboard_port}: {error.strerror}") from None
    page = f"http://localhost:{server.server_port}"
    print(f"The dashboard is at {page} and asks the service at {address(config)}", flush=True)
    if service.is_refused():
        print(
            "The service wants a key: set DASHBOARD_KEY to one of scope read, from "
            "python -m service keys create dashboard --scope read",
            flush=True,
        )
    with server, suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


def find_files() -> Path:
    """Find the page in the `gati` package, without importing it: that calls out to the internet."""
    spec = importlib.util.find_spec("gati")
    if spec is None or not spec.submodule_search_locations:
        raise Failure("the dashboard comes with gati: pip install -r requirements-dev.txt")
    files = Path(spec.submodule_search_locations[0]) / "dashboard_dist"
    if not (files / "index.html").is_file():
        raise Failure(f"this release of gati has no dashboard: {files} is missing")
    return files
