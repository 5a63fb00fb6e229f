"""The settings of sessions, by what a connection is for."""

READ_ONLY = "default_transaction_read_only"

COMMON = {
    "timezone": "UTC",
    "jit": "off",  # a plan that avoids sequential scans costs 1e10 on paper and would be compiled
    "plan_cache_mode": "force_generic_plan",  # timeline over 104 partitions: planning 2.4 -> 0.5 ms
    "client_min_messages": "warning",
    "idle_in_transaction_session_timeout": "60s",
}
READ = COMMON | {
    READ_ONLY: "on",
    "default_transaction_isolation": "repeatable\\ read",  # an answer of two queries is one state
    "statement_timeout": "10s",
    "lock_timeout": "400ms",  # and 2 s for a connection before: refused within 2.5 s
    "enable_mergejoin": "off",  # it would sort a run anew for each level of its trace
    "work_mem": "64MB",  # a trace of 100,000 events hashes 10 MB; spilt, each level would rescan it
}
WRITE = COMMON | {
    # Prepared while tables were small, a plan would scan them for ever. Every write goes by key, so
    # nested loops over indexes are always right: 10,000 events are looked up in 60 ms, not 20 s.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "statement_timeout": "30s",
    # Met twice in one transaction (another writer's row, then the table), and followed by two that
    # wait 150 ms (writer/locks.py), a request is still refused within 2.5 s.
    "lock_timeout": "750ms",
}
DIRECT = COMMON | {"lock_timeout": "10s"}
REFRESH = COMMON | {
    "plan_cache_mode": "force_custom_plan",  # a few statements a second over tables that swing
    "lock_timeout": "5s",
    "statement_timeout": "0",  # the first fold of a large database may take minutes
    "work_mem": "64MB",
    # A fold that a crash takes back is folded again: nothing is lost, no commit waits for a disk.
    "synchronous_commit": "off",
}


def with_timeout(settings: dict[str, str], seconds: int) -> dict[str, str]:
    """The settings, with so many seconds for each statement."""
    return settings | {"statement_timeout": f"{seconds}s"}


def of_a_transaction(settings: dict[str, str], distributed: bool) -> dict[str, str]:
    """Those that a transaction may be given by itself; how it begins is said otherwise.

    Citus makes no generic plans: there the choice between plans stays as it is.
    """
    return {
        name: value
        for name, value in settings.items()
        if not name.startswith("default_transaction")
        and not (distributed and name == "plan_cache_mode")
    }
