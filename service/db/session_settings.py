"""Session settings, by the purpose of a connection.

A role may set defaults for its own sessions (ALTER ROLE CURRENT_USER SET …). So each connection
sets what statements depend on, and for roles what only the owner decides: Logins.of_owner.
"""

ESCAPED = "\\ "  # a space within a value
READ_ONLY = "default_transaction_read_only"

# What a database or a role may say otherwise, and statements and migrations mean by their text.
SYNTAX = {
    "quote_all_identifiers": "off",  # REFRESH … CONCURRENTLY would write names that are no SQL
    "extra_float_digits": "1",  # percentiles are rounded as text
    "array_nulls": "on",
    "standard_conforming_strings": "on",
}
COMMON = SYNTAX | {
    "timezone": "UTC",
    "datestyle": "ISO",
    "default_transaction_isolation": "read committed",
    "jit": "off",  # a plan that avoids sequential scans costs 1e10 on paper and would be compiled
    "plan_cache_mode": "force_generic_plan",  # timeline over 104 partitions: planning 2.4 -> 0.5 ms
    "client_min_messages": "warning",
    "idle_in_transaction_session_timeout": "60s",
    "idle_session_timeout": "0",  # connections are kept between requests
}
READ = COMMON | {
    READ_ONLY: "on",
    "default_transaction_isolation": "repeatable read",  # two queries of a response: one snapshot
    "statement_timeout": "10s",
    "lock_timeout": "400ms",  # with 2 s of waiting for a connection: rejected within 2.5 s
    "enable_mergejoin": "off",  # it would sort a run again for each level of its trace
    "work_mem": "64MB",  # a trace of 100,000 events hashes 10 MB; spilt, each level would rescan it
}
WRITE = COMMON | {
    # A plan cached while tables were small would keep scanning them. Every write goes by key, so
    # nested loops over indexes are always right: 10,000 events are looked up in 60 ms, not 20 s.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "statement_timeout": "30s",
    # A transaction may wait twice (for another writer's row, then the table), and then two more
    # wait 150 ms each (writer/lock_backoff.py): a request is still rejected within 2.5 s.
    "lock_timeout": "750ms",
}
DIRECT = COMMON | {"lock_timeout": "10s"}
REFRESH = COMMON | {
    "plan_cache_mode": "force_custom_plan",  # a few statements a second, tables of varying size
    "lock_timeout": "5s",
    "statement_timeout": "0",  # the first fold of a large database may take minutes
    "work_mem": "64MB",
    # A fold that a crash undoes is repeated: nothing is lost, so commits need not wait for a disk.
    "synchronous_commit": "off",
}


def with_timeout(settings: dict[str, str], seconds: int) -> dict[str, str]:
    """The settings with this statement_timeout."""
    return settings | {"statement_timeout": f"{seconds}s"}


def as_options(settings: dict[str, str]) -> str:
    """The settings as libpq's parameter `options`."""
    values = {name: value.replace("\\", "\\\\") for name, value in settings.items()}
    return " ".join(f"-c {name}={value.replace(' ', ESCAPED)}" for name, value in values.items())


def transaction_settings(settings: dict[str, str], distributed: bool) -> dict[str, str]:
    """The settings that one transaction may set for itself; BEGIN sets its defaults.

    Citus makes no generic plans, so plan_cache_mode is left out where tables are distributed.
    """
    return {
        name: value
        for name, value in settings.items()
        if not name.startswith("default_transaction")
        and not (distributed and name == "plan_cache_mode")
    }
