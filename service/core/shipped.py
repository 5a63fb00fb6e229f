"""Where the files lie that the service needs beside its code: sql/, migrations/, gunicorn.conf.py.

In a checkout they are beside service/, where a DBA finds them. A wheel has them in the package, as
pyproject.toml says, because packages of others own names like sql/ in site-packages.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def shipped(name: str) -> Path:
    """The file or folder of this name in the wheel, else beside the package in the checkout."""
    inside = PACKAGE / "shipped" / name
    return inside if inside.exists() else PACKAGE.parent / name
