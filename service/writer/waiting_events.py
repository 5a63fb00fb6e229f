"""The events that a run waits for: the lists `pending_ends` and `awaited_spans`.

They are usually empty or short. A transaction reads so many ids of all its runs, and leaves the
longest lists unread (of lists that are equally long, all or none are read): these stay as they are
stored, so there the order of events matters.
"""

from collections.abc import Collection, Iterable

from service.writer.reading_budget import ReadingBudget
from service.writer.run_owner import RunState

MOST_IN_ALL = 200_000  # ids: 40 MB, 0.1 s
NO_LIMIT = 2**31 - 1
FEW = 20  # ids: to search for each in the text takes no longer than to make a set of it


def longest_lists(sizes: Iterable[int], *, is_shared: bool) -> int:
    """For how many events a run may wait to have its lists read, so that MOST_IN_ALL are read."""
    budget = ReadingBudget(MOST_IN_ALL, is_shared=is_shared)
    passed_over = (size for size in sorted(sizes) if not budget.take(size))
    return next(passed_over, NO_LIMIT + 1) - 1


def ids_of(array: str) -> list[str]:
    """The ids in an array of UUIDs as text, which takes a hundredth of the time of UUID objects."""
    return array[1:-1].split(",") if array else []


def arrived(array: str, ids: Collection[str]) -> list[str]:
    """Those of the ids that are in the array: of few without a look at each of its elements."""
    if not array:
        return []
    waited_for = array if len(ids) <= FEW else frozenset(ids_of(array))
    return [each for each in ids if each in waited_for]


def changed_list(run: RunState, stored: str, ids: Iterable[str]) -> str | None:
    """The list of what the run waits for now, as an array; None: it stays as it is stored."""
    now = "{" + ",".join(ids) + "}"
    return None if now == (stored or "{}") or not run.are_waits_read else now
