"""Figures of speed name the command that gives them, and there is such a command."""

import re
from pathlib import Path

import pytest

from bench.__main__ import parser
from tests.docs.pages import PAGES, name_of

FIGURE = re.compile(r"[0-9,]{3,}/s\b|\bp95\b.*\bms\b|events/s \|")
SUMS = "sizing.md"  # its figures are sums, which tests/test_docs.py does again
COMMAND = re.compile(r"`?(?:make (?:bench|faults)|python -m bench)")


def sections(page: Path) -> list[str]:
    """The parts of a page below its headings of the second level."""
    return page.read_text().split("\n## ")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_its_figures_name_their_command(page: Path) -> None:
    for section in sections(page):
        if page.name != SUMS and FIGURE.search(section):
            assert COMMAND.search(section) or "bench/README.md" in section, section[:200]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_benches_that_it_names_are_there(page: Path) -> None:
    for command in re.findall(r"python -m bench (\w[\w-]*(?: --\w+)*)`", page.read_text()):
        parser().parse_args(command.split())  # exits where there is no such bench
