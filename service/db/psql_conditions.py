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


def decide(source: str, given: Collection[str]) -> str:
    """Return the lines that psql would send with the variables `given` set.

    Raises ValueError for another psql command, and for conditions that do not close.
    """
    lines: list[str] = []
    active = [True]  # whether lines are sent: of the file, then of each \if around this line
    for line in source.splitlines(keepends=True):
        command = CONDITION.fullmatch(line)
        if command is None:
            if line.startswith("\\"):
                raise ValueError(f"not understood: {line}")
            lines.append(line if active[-1] else "")
        elif command["name"]:
            active.append(active[-1] and command["name"] in given)
        elif len(active) == 1:
            raise ValueError(f"without its \\if: {line}")
        elif command["word"] == "else":
            active[-1] = active[-2] and not active[-1]
        else:
            active.pop()
    if len(active) > 1:
        raise ValueError("an \\if without its \\endif")
    return "".join(lines)
