"""What says that something failed: a status, or an error that says what went wrong."""

from typing import Any

FAILED = frozenset({"error", "failed", "failure", "exception"})
# As texts, which printing a missing error gives.
NOTHING = frozenset({"null", "none", "undefined", "false", "0", "{}", "[]"})


def is_failed(status: Any) -> bool:
    """Whether a status is one of failure, in any case."""
    return isinstance(status, str) and status.strip().lower() in FAILED


def is_error(value: Any) -> bool:
    """Whether an error says anything: null, false, 0, and empty texts, lists and objects do not."""
    if isinstance(value, str):
        return bool(value.strip()) and value.strip().lower() not in NOTHING
    return bool(value)
