"""The command line: python -m service COMMAND."""

import sys
from collections.abc import Sequence

from service.cli.dispatch import Command
from service.cli.parser import parser
from service.config import Config, ConfigError
from service.core.failure import Failure

WRONG_VALUE = 2
FAILED = 1
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 2 for a wrong value, 1 for what failed."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    # psql's own options are its own business: argparse would take them for ours.
    psql_arguments = given[1:] if given[:1] == ["psql"] else []
    options = parser().parse_args(given[:1] if psql_arguments else given)
    options.psql_arguments = psql_arguments
    command: Command = options.command
    try:
        return command(Config.from_environment(), options)
    except ConfigError as error:
        return complain(error, WRONG_VALUE)
    except Failure as failure:
        return complain(failure, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED


def complain(error: Exception, code: int) -> int:
    """Print one line and return the exit code."""
    print(f"gati-backend: {error}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
