"""What several commands print."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from service.core.visible import visible


def print_json(value: Any) -> None:
    """Print JSON for scripts; times as ISO 8601, exact decimals as strings."""
    lines = json.dumps(value, indent=2, ensure_ascii=False, default=as_text).split("\n")
    print("\n".join(map(visible, lines)), flush=True)


def print_line(text: object) -> None:
    """Print a line that may hold names that clients chose: see visible."""
    print(visible(str(text)), flush=True)


def as_text(value: object) -> str:
    """Return a value that JSON has no type for as a string."""
    return value.isoformat() if isinstance(value, date) else str(value)


def print_each(done: str, names: Sequence[str], quiet: bool = False) -> None:
    """Print one line for each name, or one that says that there was none unless `quiet`."""
    for name in names:
        print(f"{done} {name}", flush=True)
    if not names and not quiet:
        print(f"nothing to be {done}", flush=True)
