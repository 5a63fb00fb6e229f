r"""psql's conditions in a query file: `\if :{?name}`, `\else`, `\endif`, each on its own line.

`:{?name}` is whether the name is set. psql runs the same files; it has more commands than these.
"""

import re
from collections.abc import Collection

CONDITION = re.compile(r"\\(?:if :\{\?(?P<name>\w+)\}|(?P<word>else|endif))\n")


def names(source: str) -> frozenset[str]:
    """The names whose being set decides something."""
    found = map(CONDITION.fullmatch, source.splitlines(keepends=True))
    return frozenset(match["name"] for match in found if match and match["name"])


def decide(source: str, given: Collection[str]) -> str:
    """The lines that psql would send where these names are set.

    Raises ValueError for another command of psql's, and for conditions that do not close.
    """
    lines: list[str] = []
    taken = [True]  # whether what stands here counts: of the file, then of each \if around it
    for line in source.splitlines(keepends=True):
        command = CONDITION.fullmatch(line)
        if command is None:
            if line.startswith("\\"):
                raise ValueError(f"not understood: {line}")
            lines.append(line if taken[-1] else "")
        elif command["name"]:
            taken.append(taken[-1] and command["name"] in given)
        elif len(taken) == 1:
            raise ValueError(f"without its \\if: {line}")
        elif command["word"] == "else":
            taken[-1] = taken[-2] and not taken[-1]
        else:
            taken.pop()
    if len(taken) > 1:
        raise ValueError("an \\if without its \\endif")
    return "".join(lines)
