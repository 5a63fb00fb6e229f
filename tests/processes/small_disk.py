"""A small disk of its own for a test: a tmpfs, which needs root and the right to mount."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """Mount a tmpfs of this size for a block; skip the test where that is not allowed."""
    with tempfile.TemporaryDirectory(prefix="gati-disk-") as name:
        options = f"size={megabytes}m,mode=0711"
        command = ["mount", "-t", "tmpfs", "-o", options, "none", name]
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            pytest.skip(f"no tmpfs can be mounted: {mounted.stderr.strip()}")
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def fill(ballast: Path, leave: int = 0) -> None:
    """Write to a file until `leave` bytes are left on its disk."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                found = os.statvfs(ballast.parent)
                free = found.f_bavail * found.f_frsize - leave
                if free <= 0:
                    return
                file.write(bytes(min(free, 1_048_576)))
        except OSError:
            return
