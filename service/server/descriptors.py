"""As many connections as the process may have descriptors.

Many systems give a process 1,024 at first and let it raise that. Without descriptors left a worker
can neither accept a connection nor open one to PostgreSQL.
"""

import resource

RESERVED = 200  # for PostgreSQL, files and libraries


def connections(wanted: int) -> int:
    """Raise the limit of descriptors where it is too low; return how many connections fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVED
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    return max(1, raised - RESERVED)
