"""python -m service health."""

import argparse
import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from service.cli.arguments import http_url
from service.cli.exit_codes import FAILED, OK
from service.cli.output import print_json
from service.config import Config
from service.server.greeting import address

DESCRIPTION = """Ask the running service for its health over HTTP, and print the status and
every reason why it should get no requests. Exit code 0: healthy, 1: unhealthy or unreachable."""
TIMEOUT_SECONDS = 10.0  # /health answers within 3 s, also while PostgreSQL hangs
MAX_BYTES = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help="print the response of /health")
    parser.add_argument(
        "--url", type=http_url, metavar="URL", help="of the service (default: from HOST and PORT)"
    )


def run(config: Config, options: argparse.Namespace) -> int:
    """Print the health of the service."""
    url = options.url or address(config)
    is_healthy, report = request_health(url)
    if options.json:
        print_json(report)
    else:
        print(f"{report['status']}: {url}")
        for reason in report.get("reasons", []):
            print(f"{reason['code']}: {reason['description']}")
    return OK if is_healthy else FAILED


def request_health(url: str) -> tuple[bool, dict[str, Any]]:
    """Return whether the service is healthy, and its report; one of ours if it sends none."""
    parts = urlsplit(url)
    connection = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    conn = connection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    try:
        conn.request("GET", f"{parts.path}/health")
        response = conn.getresponse()
        report = json.loads(response.read(MAX_BYTES))
    except (OSError, HTTPException) as error:
        return False, no_report("unreachable", f"{type(error).__name__}: {error}")
    except ValueError:
        return False, no_report("no_report", "The response is not JSON: is this the service?")
    finally:
        conn.close()
    if not isinstance(report, dict) or "status" not in report:
        text = f"The response has no status, but code {response.status}: is this the service?"
        return False, no_report("no_report", text)
    return response.status == 200, report


def no_report(code: str, description: str) -> dict[str, Any]:
    """Return the report of a service that sent none."""
    return {"status": "unhealthy", "reasons": [{"code": code, "description": description}]}
