"""Every link leads to a file, every anchor to a heading, and the index to every page."""

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, LINKING, anchor, anchors, links, name_of
from tests.processes.harness import REPOSITORY

INDEX = REPOSITORY / "docs" / "README.md"


@pytest.mark.parametrize("page", LINKING, ids=name_of)
def test_its_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        target, _, part = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), link
        assert not part or part in anchors(file), link


@pytest.mark.parametrize("page", DOCS, ids=name_of)
def test_the_index_leads_to_it(page: Path) -> None:
    listed = {(INDEX.parent / link.partition("#")[0]).resolve() for link in links(INDEX)}
    assert page == INDEX or page in listed


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("A file", "a-file"),
        ("One node, and many", "one-node-and-many"),
        ("`dump` and `restore`", "dump-and-restore"),
        ("0.1.0 (unreleased)", "010-unreleased"),
    ],
)
def test_anchors_are_those_of_github(title: str, expected: str) -> None:
    assert anchor(title) == expected


def test_the_readme_is_short() -> None:
    assert len((REPOSITORY / "README.md").read_text().splitlines()) <= 150
