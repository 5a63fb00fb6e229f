"""python -m service dashboard."""

import argparse
import importlib.util
import sys
from contextlib import suppress
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

from service.cli.arguments import integer
from service.cli.dashboard.forwarding import Forwarding
from service.cli.dashboard.pages import Pages
from service.cli.exit_codes import OK
from service.config import Config
from service.core.failure import Failure
from service.server.greeting import address

DESCRIPTION = """Serve the released GATI dashboard on this machine alone, and forward its
requests to the service at HOST and PORT. Stop it with Ctrl-C."""
LOOPBACK = "127.0.0.1"
PORT_TYPE = integer(1, 65535, "a port from 1 to 65535")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--port",
        type=PORT_TYPE,
        default=3000,
        metavar="PORT",
        help="port to listen on (default: 3000)",
    )
    # A file, because other users of the machine can read a process's arguments.
    parser.add_argument(
        "--key-file",
        metavar="FILE",
        help="file with a key of scope read, sent with each request; - is standard input",
    )


def run(config: Config, options: argparse.Namespace) -> int:
    """Serve the dashboard until Ctrl-C.

    Raises Failure if it is not installed, or if the port cannot be bound.
    """
    service = Forwarding(address(config), read_key(options.key_file))
    pages = partial(Pages, directory=str(find_files()), service=service)
    try:
        server = ThreadingHTTPServer((LOOPBACK, options.port), pages)
    except OSError as error:
        raise Failure(f"port {options.port}: {error.strerror}") from None
    page = f"http://localhost:{server.server_port}"
    print(f"The dashboard is at {page} and uses the service at {address(config)}", flush=True)
    if service.is_refused():
        print(refusal(options.key_file), flush=True)
    with server, suppress(KeyboardInterrupt):
        server.serve_forever()
    return OK


def refusal(key_file: str | None) -> str:
    """Return what to do when the service refuses reads."""
    if key_file is None:
        return (
            "The service needs a key of scope read: python -m service keys create dashboard "
            "--scope read >dashboard.key, then dashboard --key-file dashboard.key"
        )
    return (
        f"The service refuses the key of {key_file}: it is not valid, or its scope is not read "
        "or admin."
    )


def read_key(file: str | None) -> str:
    """Return the key in a file, or "" without --key-file.

    Raises Failure if the file cannot be read.
    """
    if file is None:
        return ""
    try:
        return (sys.stdin.read() if file == "-" else Path(file).read_text()).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file}: {getattr(error, 'strerror', error)}") from None


def find_files() -> Path:
    """Return the directory of the dashboard's files.

    The gati package is located but not imported, because its import sends a request to the
    internet. Raises Failure if there is none.
    """
    spec = importlib.util.find_spec("gati")
    if spec is None or not spec.submodule_search_locations:
        raise Failure("the dashboard comes with gati: pip install --no-deps gati==0.0.3")
    files = Path(spec.submodule_search_locations[0]) / "dashboard_dist"
    if not (files / "index.html").is_file():
        raise Failure(f"this release of gati has no dashboard: {files} is missing")
    return files
