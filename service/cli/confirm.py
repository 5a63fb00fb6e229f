"""Asking before a command destroys data."""

import argparse
import sys
from collections.abc import Sequence

from service.core.failure import Failure

FLAG = "--lose"


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Declare --yes."""
    parser.add_argument("--yes", action="store_true", help="skip the confirmation")


def add_losses(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """Declare --yes, and the flag that names what may be lost without a question."""
    add_yes(parser)
    parser.add_argument(
        FLAG, action="append", default=[], choices=words, help="beside --yes: what may be lost"
    )


def confirm(yes: bool, losses: Sequence[str] = (), named: Sequence[str] = ()) -> None:
    """Return if the user agrees: by --yes, or by typing yes on a terminal.

    With --yes every word of `losses` must be among those that the user has `named`. Raises Failure
    otherwise. Call this before any change, because its message says that nothing was done.
    """
    missing = [f"{FLAG} {word}" for word in losses if word not in named]
    if yes and missing:
        raise Failure(f"nothing was done: add {' '.join(missing)} to confirm")
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure(f"nothing was done: add {' '.join(['--yes', *missing])} to confirm")
    try:
        # Not by input(): standard output may be a file that gets what the command prints.
        print("Type yes to go on: ", end="", file=sys.stderr, flush=True)
        answer = input()
    except EOFError:
        answer = ""
    if answer.strip().lower() != "yes":
        raise Failure("nothing was done")
