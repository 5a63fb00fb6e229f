"""A Python that every user can run, where the one of the tests is for root alone."""

import os
import shutil
import sys
from pathlib import Path

from service.postgres.account import unprivileged

NOT_NEEDED = shutil.ignore_patterns("test", "tests", "idlelib", "config-*", "__pycache__", "*.a")


def python_for_all(directory: Path) -> tuple[str, dict[str, str]]:
    """Return a Python that every user may run, and the variables that it needs.

    It is this one where that is so; else what it consists of is linked into `directory`.
    """
    account = unprivileged()
    packages = next(Path(entry) for entry in sys.path if entry.endswith("site-packages"))
    python, base = Path(sys.executable), Path(sys.base_prefix)
    if account.can("x", base / "bin" / "python3") and account.can("r", packages / "falcon"):
        return str(python), {}
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    copied = directory / "python"
    give_tree(base / "lib" / version, copied / "lib" / version, "site-packages")
    give_tree(packages, directory / "packages")
    (copied / "bin").mkdir()
    give(str((base / "bin" / version).resolve()), str(copied / "bin" / version))
    for library in (base / "lib").glob("libpython*.so*"):
        give(str(library), str(copied / "lib" / library.name))
    variables = {"PYTHONPATH": str(directory / "packages"), "LD_LIBRARY_PATH": f"{copied}/lib"}
    return str(copied / "bin" / version), variables


def give_tree(source: Path, target: Path, without: str = "") -> None:
    """Make a tree of links to the files, its directories open to all."""

    def ignored(folder: str, names: list[str]) -> set[str]:
        return NOT_NEEDED(folder, names) | ({without} & set(names))

    shutil.copytree(source, target, ignore=ignored, copy_function=give)
    for folder, _, _ in os.walk(target):
        Path(folder).chmod(0o755)


def give(source: str, target: str) -> None:
    """Link a file that everyone may read; copy one that is for root, or on another disk."""
    if Path(source).stat().st_mode & 0o004:
        try:
            return os.link(source, target)
        except OSError:
            pass
    shutil.copy(source, target)
    Path(target).chmod(Path(target).stat().st_mode | 0o044)
    return None
