"""What part of a limit one client may hold, so that no client takes all of it."""


def share_of(total: int) -> int:
    """Half of it, rounded up: at least 1, and less than all of two or more."""
    return (total + 1) // 2
