"""The files of the page, read once: each with its type, its hash and its packed bytes.

All are served below one hash of all of them. So modules import each other by relative paths, and
each answer may be cached without end: another content has another address.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from service.resources.ui.squeeze import squeezed

OWN = Path(__file__).resolve().parents[2] / "ui"
SHELL = "index.html"
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class File:
    """A file as it is sent."""

    content: bytes
    packed: bytes
    media_type: str
    etag: str


@dataclass(frozen=True)
class Page:
    """The files by their paths, and the page that loads them."""

    files: dict[str, File]
    version: str
    shell: str

    def shell_at(self, depth: int) -> bytes:
        """The page for an address so many segments below its root; its links are relative."""
        return self.shell.replace("{assets}", f"{'../' * depth}assets/{self.version}").encode()


@cache
def page() -> Page:
    """The page as it lies on the disk."""
    files = {
        path.relative_to(OWN).as_posix(): read(path)
        for path in sorted(OWN.rglob("*"))
        if path.suffix in TYPES
    }
    every = "".join(f"{name} {file.etag}" for name, file in files.items())
    return Page(files, digest(every.encode())[:8], with_modules((OWN / SHELL).read_text(), files))


def read(path: Path) -> File:
    """A file of the page, without what no browser reads."""
    content = squeezed(path.name, path.read_text()).encode()
    packed = gzip.compress(content, mtime=0)
    return File(content, packed, TYPES[path.suffix], digest(content))


def digest(content: bytes) -> str:
    """The hash of a content."""
    return hashlib.sha256(content).hexdigest()[:16]


def with_modules(shell: str, files: dict[str, File]) -> str:
    """Name every module, so that a browser asks for all at once."""
    links = (
        f'<link rel=modulepreload href="{{assets}}/{name}">' for name in files if name[-3:] == ".js"
    )
    return shell.replace("{modules}", "\n".join(links))
