"""The system user that runs PostgreSQL, which refuses to run as root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from service.core.failure import Failure

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A system user. `switch`: this process is root, and must change to the user."""

    uid: int
    gid: int
    name: str
    switch: bool

    @property
    def _become(self) -> dict[str, Any]:
        if not self.switch:
            return {}
        # Without extra_groups=[] the server would keep the groups of root.
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def run(
        self, command: Sequence[str | Path], text: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command as this user with `text` on standard input, and capture its output.

        Raises OSError if the user may not execute it. The caller checks the exit code.
        """
        return subprocess.run(
            [str(part) for part in command],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
            cwd="/",  # the working directory may be one that the user cannot enter
            env=environment(),
            **self._become,
        )

    def spawn(self, command: Sequence[str | Path], log: IO[bytes]) -> "subprocess.Popen[bytes]":
        """Start a server as this user, in its own session, its output appended to `log`."""
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C in a terminal signals its process group, which must not include the server.
            start_new_session=True,
            cwd="/",
            env=environment(),
            **self._become,
        )

    def can(self, access: str, path: Path) -> bool:
        """Whether the user has `access` (r, w or x) to the path, including its parents."""
        return self.run(["test", f"-{access}", path]).returncode == 0


def environment() -> dict[str, str]:
    """Return the environment without PG* variables, which PostgreSQL's programs would read."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}  # English messages, and no warning about a missing locale


def choose_account(cluster: Path | None) -> Account:
    """Choose the user of the server: this one; if root, the cluster's owner or an unprivileged one.

    Raises Failure if this process cannot run a server as the cluster's owner.
    """
    me = os.geteuid()
    owner = cluster.stat().st_uid if cluster else None
    if me != 0:
        if owner not in (None, me):
            raise Failure(
                f"{cluster} belongs to user {user_name(owner)}: start the service as that user or "
                "as root, or choose another DATA_DIR"
            )
        return Account(me, os.getegid(), user_name(me), switch=False)
    if owner is None:
        return unprivileged()
    if owner == 0:
        raise Failure(f"{cluster} belongs to root, and PostgreSQL refuses to run as root: chown it")
    return Account(owner, primary_group(owner), user_name(owner), switch=True)


def unprivileged() -> Account:
    """Return the first of CANDIDATES that exists."""
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name, switch=True)
    raise Failure(
        f"PostgreSQL refuses to run as root, and no user {' or '.join(CANDIDATES)} exists"
    )


def user_name(uid: int | None) -> str:
    """Return the user's name, or its number if it has none (as in many containers)."""
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return str(uid)


def primary_group(uid: int) -> int:
    """Return the user's primary group, or the number of the user if that is unknown."""
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid
