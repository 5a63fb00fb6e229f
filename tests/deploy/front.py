"""What may stand between the service and a client of an answer that lasts."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from service.cli.dashboard.forwarding import Forwarding
from service.cli.dashboard.pages import Pages
from tests.deploy.conftest import BACKEND_TEMPLATE
from tests.deploy.proxy import DEPLOY, nginx
from tests.service import Service

DASHBOARD_TEMPLATE = DEPLOY / "dashboard" / "templates" / "dashboard.conf.template"


@contextmanager
def two_nginx(service: Service, directory: Path) -> Iterator[tuple[int, int]]:
    """The backend's, and the dashboard's before it; their ports."""
    for name in ("backend", "dashboard"):
        (directory / name).mkdir()
    behind = {"BACKEND": f"127.0.0.1:{service.port}", "BODY_LIMIT_MB": "65"}
    with nginx(BACKEND_TEMPLATE, directory / "backend", **behind) as backend:
        before = {
            "DASHBOARD_ROOT": str(directory),
            "KEY_DIRECTORY": "/nowhere",
            "BACKEND": f"127.0.0.1:{backend.port}",
        }
        with nginx(DASHBOARD_TEMPLATE, directory / "dashboard", **before) as dashboard:
            yield backend.port, dashboard.port


@contextmanager
def command_line_dashboard(service: Service, directory: Path) -> Iterator[int]:
    """`python -m service dashboard`, in this process; its port."""
    pages = partial(Pages, directory=str(directory), service=Forwarding(service.url, ""))
    with ThreadingHTTPServer(("127.0.0.1", 0), pages) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
