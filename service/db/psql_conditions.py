r"""psql's conditions in a query file: `\if :{?name}`, `\else`, `\endif`, each on its own line.

`:{?name}` is true if the variable is set. psql runs the same files; its other commands are errors.
"""

import re
from collections.abc import Collection

CONDITION = re.compile(r"\\(?:if :\{\?(?P<name>\w+)\}|(?P<word>else|endif))\n")


def names(source: str) -> frozenset[str]:
    """The variables that conditions of this file test."""
    found = map(CONDITION.fullmatch, source.splitlines(keepends=True))
    return frozenset(match["name"] for match in found if match and match["name"])


class NotUnderstood(ValueError):
    """A line that the service does not take; `line` is its number, from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def decide(source: str, given: Collection[str]) -> str:
    """Return the lines that psql would send with the variables `given` set.

    The other lines are empty, so that each line keeps its number. Raises NotUnderstood for another
    psql command, and for conditions that do not close.
    """
    lines: list[str] = []
    active = [True]  # whether lines are sent: of the file, then of each \if around this line
    for number, line in enumerate(source.splitlines(keepends=True), 1):
        command = CONDITION.fullmatch(line)
        if command is None:
            if line.startswith("\\"):
                raise NotUnderstood(number, f"{line.strip()} is not understood")
            lines.append(line if active[-1] else "\n")
            continue
        lines.append("\n")
        if command["name"]:
            active.append(active[-1] and command["name"] in given)
        elif len(active) == 1:
            raise NotUnderstood(number, f"{line.strip()} without its \\if")
        elif command["word"] == "else":
            active[-1] = active[-2] and not active[-1]
        else:
            active.pop()
    if len(active) > 1:
        raise NotUnderstood(len(lines), "an \\if without its \\endif")
    return "".join(lines)
