"""Settings: gati.conf, the embedded server's configuration, fitted to the machine.

It is written anew at each start, so an upgrade of the service changes it. Own settings belong
below the include line of postgresql.conf, or in ALTER SYSTEM; both win over this file.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

NAME = "gati.conf"
INCLUDE = f"include '{NAME}'"
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
MIB = 1024 * 1024

# (name, value, why); the values are for every machine.
FIXED = (
    ("listen_addresses", "''", "reached over the Unix socket alone"),
    ("unix_socket_permissions", "0700", "only the user that runs it, and root"),
    ("max_connections", "100", "DATABASE_POOL_SIZE, psql, and some to spare"),
    ("fsync", "on", "what was answered 200 survives a crash of the machine"),
    ("synchronous_commit", "on", "the same"),
    ("full_page_writes", "on", "the same, where a page was half written"),
    ("max_wal_size", "'4GB'", "few checkpoints while many events come in"),
    ("min_wal_size", "'1GB'", "recycle WAL files instead of making new ones"),
    ("wal_compression", "on", "pages written whole after a checkpoint shrink; costs little CPU"),
    ("checkpoint_timeout", "'15min'", "fewer pages written whole; bounds crash recovery as well"),
    ("checkpoint_completion_target", "0.9", "spread the checkpoint's writes over its time"),
    ("random_page_cost", "1.1", "solid state: an index scan costs no seek"),
    ("jit", "off", "compiling takes longer than most of these queries run"),
    ("autovacuum_naptime", "'15s'", "look often; ingest makes dead rows in runs all the time"),
    ("autovacuum_vacuum_scale_factor", "0.05", "vacuum after 5 % of changes, not 20 %"),
    ("autovacuum_vacuum_insert_scale_factor", "0.1", "keep index-only scans possible on events"),
    ("autovacuum_analyze_scale_factor", "0.02", "fresh statistics for tables that grow fast"),
    ("timezone", "'UTC'", "times read the same on every machine"),
    ("log_timezone", "'UTC'", "the same in the log"),
    ("log_line_prefix", "'%m [%p] %q%a '", "time, process and application of each line"),
    ("log_min_duration_statement", "'1s'", "slow statements name their SQL file in the log"),
    ("log_parameter_max_length", "0", "without their values, which are what agents saw and said"),
    ("log_error_verbosity", "terse", "DETAIL and CONTEXT of errors quote events"),
    ("log_checkpoints", "off", "routine; keeps the log for what matters"),
)


def render(socket_dir: Path) -> str:
    """Return the text of gati.conf for a server with its socket in `socket_dir`."""
    lines = [
        "# Written by GATI Backend at each start: changes made here are lost.",
        "# Put your own below the include in postgresql.conf, or use ALTER SYSTEM.",
        "",
    ]
    for name, value, why in (*FIXED, *for_socket(socket_dir), *for_machine(memory_mib())):
        lines += [f"# {why}", f"{name} = {value}"]
    return "\n".join(lines) + "\n"


def for_socket(socket_dir: Path) -> Iterator[tuple[str, str, str]]:
    """Place the socket; the value is a list of quoted paths inside a quoted string."""
    path = str(socket_dir).replace('"', '""').replace("\\", "\\\\").replace("'", "''")
    yield "unix_socket_directories", f"'\"{path}\"'", "a directory that is private already"


def for_machine(memory: int) -> Iterator[tuple[str, str, str]]:
    """Fit the sizes to `memory` (MiB), and the input/output to the system."""
    shared = max(128, min(memory // 4, 2048))
    yield "shared_buffers", f"'{shared}MB'", "a quarter of the memory, at most 2 GB"
    cache = max(shared, memory // 2)
    yield "effective_cache_size", f"'{cache}MB'", "half of the memory will cache files"
    maintenance = max(64, min(memory // 16, 512))
    yield "maintenance_work_mem", f"'{maintenance}MB'", "for index builds and vacuum"
    if sys.platform == "linux":
        why = "solid state: read ahead; refused where posix_fadvise is missing"
        yield "effective_io_concurrency", "16", why


def memory_mib() -> int:
    """Return the memory this process may use: the machine's, or its container's limit."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MIB
    try:
        return min(machine, int(CGROUP_LIMIT.read_text()) // MIB)
    except (OSError, ValueError):  # no cgroup v2, or "max"
        return machine
