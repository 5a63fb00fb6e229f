"""How much of what is stored one transaction may read or write again, of all its runs."""

MEGABYTE = 1024 * 1024  # of data as they are stored: up to a hundred times as much when read
MOST_DATA = 16 * MEGABYTE  # that one statement for all runs may look into: 1 s at most


class ReadingBudget:
    """Events, or bytes, that are left. Ask for the smallest run first."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self, amount: int) -> bool:
        """Whether so much may be read; if so, it is taken."""
        if amount > self._left:
            return False
        self._left -= amount
        return True
