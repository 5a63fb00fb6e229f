"""The pages of the documentation, and what stands in them."""

import re
import shlex
import unicodedata
from pathlib import Path

from tests.processes.harness import REPOSITORY

DOCS = sorted((REPOSITORY / "docs").rglob("*.md"))
PAGES = [*(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md")), *DOCS]
LINKING = [*sorted(REPOSITORY.glob("*.md")), *DOCS]
LINKING += [
    REPOSITORY / folder / "README.md" for folder in ("sql", "bench", "bench/decisions", "examples")
]
SERVICE = "http://127.0.0.1:8000"  # what every page calls the service
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def name_of(page: Path) -> str:
    """The path of a page, from the root of the repository."""
    return str(page.relative_to(REPOSITORY))


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page that are of a language."""
    return [text for kind, text in FENCE.findall(page.read_text()) if kind == language]


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return FENCE.sub("", page.read_text())


def links(page: Path) -> list[str]:
    """The targets of a page's links that are no web addresses."""
    return [link for link in LINK.findall(prose(page)) if not link.startswith("http")]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ +(.+?) *$", prose(page), re.MULTILINE)
    return {anchor(title) for title in titles}


def anchor(title: str) -> str:
    """A heading in small letters, with hyphens for blanks and without punctuation."""
    text = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", title).lower().replace(" ", "-")
    return "".join(each for each in text if each in "-_" or unicodedata.category(each)[0] in "LN")


def commands(page: Path, language: str = "sh") -> list[str]:
    """The commands of a page's shell blocks, each with all of its lines.

    Those of `console` are shown only: they need root, another server, or end the service.
    """
    found: list[str] = []
    for block in blocks(page, language):
        lines = ""
        for line in block.splitlines():
            lines += line + "\n"
            if is_whole(lines):
                found.append(lines.strip())
                lines = ""
        assert not lines, f"{page}: a quote is open: {lines}"
    return [command for command in found if command and not command.startswith("#")]


def is_whole(lines: str) -> bool:
    """Whether no quote is open behind these lines, and no backslash asks for another line."""
    try:
        shlex.split(lines, comments=True)
    except ValueError:
        return False
    return not lines.endswith("\\\n")
