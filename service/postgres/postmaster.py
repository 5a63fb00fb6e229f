"""The server of a cluster, by postmaster.pid and the kernel's process table."""

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Postmaster:
    """The content of a postmaster.pid file.

    `status` is PostgreSQL's: starting, ready, stopping, standby; empty in the first moments.
    `socket_dir` is empty until the socket exists.
    """

    pid: int
    socket_dir: str
    status: str


def read_pid_file(cluster: Path) -> Postmaster | None:
    """Read postmaster.pid: lines pid, data directory, start, port, socket dir, …, status."""
    try:
        lines = (cluster / "postmaster.pid").read_text(errors="replace").splitlines()
        pid = abs(int(lines[0]))  # negative for a single-user backend
    except (OSError, ValueError, IndexError):
        return None
    lines += [""] * 8
    return Postmaster(pid, socket_dir=lines[4].strip(), status=lines[7].strip())


def runs_in(cluster: Path, pid: int) -> bool:
    """Whether the process is a running PostgreSQL of this cluster.

    A pid alone proves nothing: its process may be a zombie, or another program that reuses it. Each
    process of a server has the cluster as its working directory.
    """
    if (PROC / "self").exists():
        return runs_in_by_proc(cluster, PROC / str(pid))
    listing = ["ps", "-o", "stat=,comm=", "-p", str(pid)]
    shown = subprocess.run(listing, capture_output=True, text=True, check=False).stdout.strip()
    return "postgres" in shown and not shown.startswith("Z")


def runs_in_by_proc(cluster: Path, process: Path) -> bool:
    """runs_in, by the process' directory under /proc."""
    try:
        if (process / "comm").read_text().strip() != "postgres":
            return False
        return os.readlink(process / "cwd") == str(cluster)
    except PermissionError:
        # Root in a container lacks CAP_SYS_PTRACE, and may not read the cwd of another user's
        # process. The postmaster's command line is readable, and names the cluster.
        return str(cluster) in (process / "cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return False


def discard_stale(cluster: Path) -> None:
    """Remove a postmaster.pid whose process is not a PostgreSQL of this cluster.

    PostgreSQL itself removes a file whose pid is free. It refuses to start if the pid is a zombie's
    or another program's.
    """
    found = read_pid_file(cluster)
    if found and not runs_in(cluster, found.pid):
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def end_orphans(cluster: Path) -> None:
    """Stop the backends of a postmaster that was killed, because they hold its shared memory.

    A backend notices the death itself, but only when it next waits: a long query would delay the
    restart. SIGQUIT is the signal that a crashing postmaster sends.
    """
    for entry in PROC.glob("[0-9]*"):
        pid = int(entry.name)
        if runs_in(cluster, pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
