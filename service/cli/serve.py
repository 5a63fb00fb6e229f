"""python -m service serve."""

import argparse
import os

from service.config import Config
from service.server.serve import serve

DESCRIPTION = """Run the service: the database (the embedded PostgreSQL unless DATABASE_URL is
set), pending migrations, and the web server. Stop it with Ctrl-C or SIGTERM."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--insecure-public",
        action="store_true",
        help="accept requests from every network while no key exists",
    )


def run(config: Config, options: argparse.Namespace) -> int:
    """Run the service until it is stopped."""
    if options.insecure_public:
        os.environ["INSECURE_PUBLIC"] = "true"  # gunicorn reads the environment again
        config = Config.from_environment()
    return serve(config)
