"""Asking before a command destroys data."""

import sys

from service.core.failure import Failure


def confirm(yes: bool) -> None:
    """Return if the user agrees: by --yes, or by typing yes on a terminal.

    Raises Failure otherwise. Call this before any change, because its message says that nothing was
    done.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure("nothing was done: add --yes to confirm")
    try:
        answer = input("Type yes to go on: ")
    except EOFError:
        answer = ""
    if answer.strip().lower() != "yes":
        raise Failure("nothing was done")
