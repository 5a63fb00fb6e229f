"""The command line: python -m service COMMAND."""

import os
import sys
from collections.abc import Sequence

from service.cli.exit_codes import FAILED, INTERRUPTED, WRONG_VALUE
from service.cli.parser import parse
from service.config import Config, ConfigError, read_variables, removed_settings
from service.core.failure import Failure
from service.core.visible import visible

HOW_TO_INSTALL = "make run, or pip install --no-deps -r requirements.txt"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code (service/cli/exit_codes.py)."""
    try:
        return run_command(arguments)
    except ModuleNotFoundError as error:  # modules are imported when they are needed
        package = str(error.name).partition(".")[0]
        if package == "service":
            raise
        return complain(f"the package {package} is not installed: {HOW_TO_INSTALL}")
    except Failure as failure:  # also of what a command's module reads when it is imported
        return complain(failure, FAILED)


def run_command(arguments: Sequence[str] | None) -> int:
    """Run one command; return its exit code."""
    run, options = parse(list(sys.argv[1:] if arguments is None else arguments))
    variables = read_variables()
    if not getattr(options, "quiet", False):
        for line in removed_settings(variables):
            complain(line)
    try:
        code = run(Config.from_variables(variables), options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output, such as head, ended first
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except ConfigError as error:
        return complain(error, WRONG_VALUE)
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def complain(message: object, code: int = FAILED) -> int:
    """Print one line on standard error, and return the exit code."""
    lines = "\n".join(map(visible, str(message).split("\n")))  # it may name what a client chose
    print(f"gati-backend: {lines}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
