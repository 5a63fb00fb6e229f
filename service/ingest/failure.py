"""What says that something failed: a status, or an error that says what went wrong."""

from typing import Any

FAILED = frozenset({"error", "failed", "failure", "exception"})
NOTHING = frozenset({"null", "none"})  # as texts, which printing a missing error gives


def is_failed(status: Any) -> bool:
    """Whether a status is one of failure, in any case."""
    return isinstance(status, str) and status.lower() in FAILED


def is_error(value: Any) -> bool:
    """Whether an error says anything: null, false, 0, and empty texts, lists and objects do not."""
    if isinstance(value, str):
        return bool(value.strip()) and value.strip().lower() not in NOTHING
    return bool(value)
