"""Progress bars, shown only if standard error is a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

Progress = Callable[[int], Any]


@contextmanager
def progress(total: int, unit: str) -> Iterator[Progress]:
    """Show a progress bar; yield the function that advances it."""
    with tqdm(total=total, unit=f" {unit}", disable=None, leave=False) as bar:
        yield bar.update
