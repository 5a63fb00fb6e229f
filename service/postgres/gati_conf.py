"""gati.conf: the embedded server's configuration, sized for the machine.

Each start rewrites the file, so an upgrade of the service changes it. Your own settings belong
below the include line of postgresql.conf, or in ALTER SYSTEM; both override this file.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

NAME = "gati.conf"
INCLUDE = f"include '{NAME}'"
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
MIB = 1024 * 1024

# (name, value, reason), for every machine.
FIXED = (
    ("listen_addresses", "''", "reached over the Unix socket alone"),
    ("unix_socket_permissions", "0700", "only the user that runs the server, and root"),
    ("max_connections", "100", "DATABASE_POOL_SIZE, psql, and some to spare"),
    ("fsync", "on", "acknowledged events survive a crash of the machine"),
    ("synchronous_commit", "on", "the same"),
    ("full_page_writes", "on", "the same, after a partially written page"),
    ("wal_compression", "on", "shrinks full pages after a checkpoint; costs little CPU"),
    ("checkpoint_timeout", "'15min'", "fewer full pages; also bounds crash recovery"),
    ("checkpoint_completion_target", "0.9", "spread the checkpoint's writes over its time"),
    ("random_page_cost", "1.1", "solid state: an index scan costs no seek"),
    ("jit", "off", "compiling takes longer than most of these queries run"),
    ("autovacuum_naptime", "'15s'", "often, because ingest constantly makes dead rows in runs"),
    ("autovacuum_vacuum_scale_factor", "0.05", "vacuum after 5 % of changes, not 20 %"),
    ("autovacuum_vacuum_insert_scale_factor", "0.1", "keep index-only scans possible on events"),
    ("autovacuum_analyze_scale_factor", "0.02", "fresh statistics for tables that grow fast"),
    ("timezone", "'UTC'", "the same times on every machine"),
    ("log_timezone", "'UTC'", "the same in the log"),
    ("log_line_prefix", "'%m [%p] %q%a '", "time, process and application of each line"),
    ("log_min_duration_statement", "'1s'", "slow statements name their SQL file in the log"),
    (
        "log_parameter_max_length",
        "0",
        "without parameter values, which are what agents saw and said",
    ),
    ("log_error_verbosity", "terse", "DETAIL and CONTEXT of errors quote events"),
    ("log_checkpoints", "off", "routine; keeps the log for what matters"),
)


def render(socket_dir: Path, cluster: Path) -> str:
    """Return the text of gati.conf for a server of `cluster` with its socket in `socket_dir`."""
    lines = [
        "# Written by GATI Backend at each start: changes made here are lost.",
        "# Put your own below the include in postgresql.conf, or use ALTER SYSTEM.",
        "",
    ]
    sized = (*for_machine(memory_mib()), *for_disk(shutil.disk_usage(cluster).free // MIB))
    for name, value, reason in (*FIXED, *for_socket(socket_dir), *sized):
        lines += [f"# {reason}", f"{name} = {value}"]
    return "\n".join(lines) + "\n"


def for_socket(socket_dir: Path) -> Iterator[tuple[str, str, str]]:
    """The socket's directory; the value is a list of quoted paths inside a quoted string."""
    path = str(socket_dir).replace('"', '""').replace("\\", "\\\\").replace("'", "''")
    yield "unix_socket_directories", f"'\"{path}\"'", "a directory that is private already"


def for_machine(memory: int) -> Iterator[tuple[str, str, str]]:
    """Sizes for `memory` (MiB), and I/O settings for the system."""
    shared = max(128, min(memory // 4, 2048))
    yield "shared_buffers", f"'{shared}MB'", "a quarter of the memory, at most 2 GB"
    cache = max(shared, memory // 2)
    yield "effective_cache_size", f"'{cache}MB'", "half of the memory will cache files"
    maintenance = max(64, min(memory // 16, 512))
    yield "maintenance_work_mem", f"'{maintenance}MB'", "for index builds and vacuum"
    if sys.platform == "linux":
        reason = "solid state: read ahead; an error where posix_fadvise is missing"
        yield "effective_io_concurrency", "16", reason


def for_disk(free: int) -> Iterator[tuple[str, str, str]]:
    """The size of the log (WAL), where `free` MiB are free at the start."""
    most = max(96, min(free // 8, 4096))
    reason = "few checkpoints while many events come in; at most an eighth of the free disk"
    yield "max_wal_size", f"'{most}MB'", reason
    least = max(32, most // 4)
    yield "min_wal_size", f"'{least}MB'", "recycle WAL files instead of making new ones"


def memory_mib() -> int:
    """Return the memory this process may use: the machine's, or its container's limit."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MIB
    try:
        return min(machine, int(CGROUP_LIMIT.read_text()) // MIB)
    except (OSError, ValueError):  # no cgroup v2, or "max"
        return machine
