"""Dashboard: the released GATI dashboard, served on this machine against this service."""

import importlib.util
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from service.config import Config
from service.failure import Failure
from service.greeting import address

LOOPBACK = "127.0.0.1"
# Where the released page looks for the service, whatever it is told.
RELEASED_ADDRESS = b"http://localhost:8000"


def run(config: Config) -> int:
    """Serve the page until Ctrl-C. Raises Failure when it is not installed or the port is taken."""
    files = find_files()
    pages = partial(Pages, directory=str(files), service=address(config))
    try:
        server = ThreadingHTTPServer((LOOPBACK, config.dashboard_port), pages)
    except OSError as error:
        raise Failure(f"DASHBOARD_PORT={config.dashboard_port}: {error.strerror}") from None
    page = f"http://localhost:{server.server_port}"
    print(f"The dashboard is at {page} and asks the service at {address(config)}", flush=True)
    if not {page, "*"} & set(config.cors_origins):
        print(f"The service must allow it: CORS_ORIGINS={page}", flush=True)
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


class Pages(SimpleHTTPRequestHandler):
    """The files of a single page application.

    A path that is no file is one of its views, and answered with index.html. What calls the
    service is rewritten to the address in use.
    """

    def __init__(self, *args: object, directory: str, service: str) -> None:
        self._service = service.encode()
        # The base class answers the request within its __init__.
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]

    def send_head(self) -> BytesIO | BinaryIO | None:
        """Answer the headers and return the content, for GET and HEAD alike."""
        path = Path(self.translate_path(self.path))  # the base class keeps it below the directory
        if not path.is_file():
            if "." in urlsplit(self.path).path:
                self.send_error(404)
                return None
            path = Path(self.directory) / "index.html"
        content = path.read_bytes()
        if path.suffix == ".js":
            content = content.replace(RELEASED_ADDRESS, self._service)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-cache")  # the address may change with a restart
        self.end_headers()
        return BytesIO(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        """Say nothing: the page polls every five seconds."""
