"""Progress bars on a terminal; nothing where standard error is none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

Progress = Callable[[int], Any]


@contextmanager
def progress(total: int, unit: str) -> Iterator[Progress]:
    """A bar on a terminal; nothing elsewhere."""
    with tqdm(total=total, unit=f" {unit}", disable=None, leave=False) as bar:
        yield bar.update
