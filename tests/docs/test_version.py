"""The version stands in service/__init__.py; what else names it says the same."""

import re

from service import __version__
from tests.processes.harness import REPOSITORY

IMAGE_OF = ("deploy/kubernetes/gati-backend.yaml", "docs/operations/kubernetes.md")


def test_the_changelog_begins_with_the_version_and_its_day() -> None:
    text = (REPOSITORY / "CHANGELOG.md").read_text()
    [latest, *_] = re.findall(r"^## (.+)$", text, re.M)
    assert re.fullmatch(rf"{re.escape(__version__)} \(\d{{4}}-\d\d-\d\d\)", latest)


def test_images_are_named_by_the_version() -> None:
    for name in IMAGE_OF:
        tags = re.findall(r"gati-backend:(\d[\w.]*)", (REPOSITORY / name).read_text())
        assert set(tags) == {__version__}, name


def test_its_database_is_kept_for_the_upgrades_to_come() -> None:
    data = REPOSITORY / "tests" / "db" / "data"
    assert (data / f"{__version__}.dump.gz").exists()
    assert (data / f"{__version__}.json").exists()
