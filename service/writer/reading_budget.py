"""How much of what is stored one transaction may read again, of all its runs."""

MEGABYTE = 1024 * 1024  # of data as they are stored: up to a hundred times as much when read
MOST_DATA = 16 * MEGABYTE  # that one statement for all runs may look into: 1 s at most


class UsedUp(Exception):
    """What requests may read together is used up. Each has as much when it is stored alone."""


class ReadingBudget:
    """Events that are left. Ask for the smallest run first.

    Where requests share it, nothing is passed over because of what another request needs.
    """

    def __init__(self, most: int, *, is_shared: bool = False) -> None:
        self._left = most
        self._is_shared = is_shared

    def take(self, amount: int) -> bool:
        """Whether so much may be read; if so, it is taken. Raises UsedUp if it is shared."""
        if amount > self._left:
            pass_over(is_shared=self._is_shared)
            return False
        self._left -= amount
        return True


def pass_over(*, is_shared: bool) -> None:
    """Raise UsedUp if what is beyond a limit may be so because of another request."""
    if is_shared:
        raise UsedUp
