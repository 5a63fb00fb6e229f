"""The report's HTML: sections, tables, and what text needs so that it is only text."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from bench.results import Row
from bench.verdict import shown


def section(title: str, found: dict[str, Any], words: str, *pictures: str) -> str:
    """A section of the page; `found` is that of the results file, its rows at the end to unfold."""
    origin = f"{found['at'].replace('T', ' ')[:16]} UTC · <code>{escape(found['command'])}</code>"
    return (
        f"<section><h2>{escape(title)}</h2><p>{escape(words)}</p>{''.join(pictures)}"
        f'<details><summary>All figures</summary><div class="wide">{all_rows(found["rows"])}</div>'
        f'</details><p class="from">{origin}</p></section>'
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    cells = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(head)}</tr>{cells}</table>"


def cell(value: float | int | str, kind: str = "", tag: str = "td") -> str:
    """One cell; figures stand to the right."""
    text = value if isinstance(value, str) else shown(value)
    name = kind or ("" if isinstance(value, str) else "number")
    return (
        f'<{tag} class="{name}">{escape(text)}</{tag}>'
        if name
        else f"<{tag}>{escape(text)}</{tag}>"
    )


def all_rows(rows: list[Row]) -> str:
    """Every figure of a section; rows of different kinds leave cells empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = [cell(name.replace("_", " "), tag="th") for name in names]
    return table(head, ([cell(row.get(name, "")) for name in names] for row in rows))
