"""DATA_DIR/postgresql.new: where a cluster is made, and what of it a killed start leaves.

A file says that the service made the directory: only that file and `data` beside it are ever
removed. Data of the same name that somebody prepared, such as a backup to be moved in place, stay.
"""

import shutil
from pathlib import Path

from service.core.failure import Failure

NAME = "postgresql.new"
MARK = "begun-by-gati-backend"
DATA = "data"


def begin(data_dir: Path) -> Path:
    """Make and mark the directory, after removing what a killed start left there.

    Returns the path in it where the cluster is made, which does not exist yet. Raises Failure if
    anything else lies there.
    """
    place = data_dir / NAME
    remove(place)
    place.mkdir()
    place.chmod(0o711)  # PostgreSQL's user passes through, where root runs the service
    (place / MARK).touch()
    return place / DATA


def remove(place: Path) -> None:
    """Remove what the service made there. Raises Failure if anything else lies there.

    A directory without anything in it goes too: a start may be killed before it marks it.
    """
    if not place.is_symlink() and (place / MARK).is_file():
        shutil.rmtree(place / DATA, ignore_errors=True)
        if [entry.name for entry in place.iterdir()] == [MARK]:
            (place / MARK).unlink()
    try:
        place.rmdir()
    except FileNotFoundError:
        return
    except OSError:
        raise Failure(
            f"{place} is where a new cluster is made, and holds what this service did not put "
            "there: move it away (to use it, rename it to postgresql), or remove it if it is what "
            "a first start of an older version left"
        ) from None
