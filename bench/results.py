"""The results file: what each section found, on which machine, at which moment."""

import json
import platform
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from service import __version__
from service.postgres.binaries import bundled_directory, probe

DIRECTORY = Path(__file__).parent / "report"
FILE = DIRECTORY / "results.json"
PACKAGES = ("falcon", "gunicorn", "gevent", "psycopg", "orjson")

Row = dict[str, float | int | str]
Sections = dict[str, list[Row]]


def store(section: str, rows: list[Row]) -> None:
    """Keep what a section found, in the place of what it found before."""
    document = read()
    document["machine"] = machine()
    document["sections"][section] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python -m bench", *sys.argv[1:]]),
        "rows": rows,
    }
    DIRECTORY.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(document, indent=1) + "\n")


def read() -> dict[str, Any]:
    """The file: `machine`, and `sections` by name, {at, command, rows} each."""
    if not FILE.exists():
        return {"machine": {}, "sections": {}}
    document: dict[str, Any] = json.loads(FILE.read_text())
    return document


def rows_of(document: dict[str, Any]) -> Sections:
    """The rows of every section in the file."""
    return {name: section["rows"] for name, section in document["sections"].items()}


def machine() -> Row:
    """What the figures were measured on."""
    return {
        "processor": processor(),
        "cores": psutil.cpu_count() or 0,
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "service": __version__,
        "postgresql": probe(bundled_directory())[1],
        **{package: version(package) for package in PACKAGES},
    }


def processor() -> str:
    """The processor's name, as the kernel tells it."""
    return first_field("model name", Path("/proc/cpuinfo")) or platform.machine()


def first_field(name: str, file: Path) -> str:
    """The first `name: value` of a file of /proc; nothing where there is none."""
    lines: Iterable[str] = file.read_text().splitlines() if file.exists() else ()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
