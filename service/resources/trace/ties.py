"""Events of one moment in the order in which they happened, as far as the events say so."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from service.core.cooperative import Pacer, paced_if_many
from service.db.queries import Row

LINKS = ("parent_event_id", "previous_event_id")


def in_order(rows: list[Row]) -> list[Row]:
    """Sort events of one moment behind their parents and previous events; drop the column `tie`.

    `rows` are sorted by timestamp, then by `tie`, which keeps the order of all others.
    """
    ordered: list[Row] = []
    for _, group in groupby(paced_if_many(rows, len(rows)), itemgetter("timestamp")):
        same_moment = list(group)
        ordered += same_moment if len(same_moment) == 1 else behind_links(same_moment)
    for row in paced_if_many(ordered, len(ordered)):
        del row["tie"]
    return ordered


def behind_links(rows: list[Row]) -> Iterator[Row]:
    """Yield each row after those that it names; a cycle is cut where it is entered.

    Without recursion, because a chain may be 100,000 long.
    """
    by_id = {row["event_id"]: row for row in rows}
    entered: set[str] = set()
    pacer = Pacer()
    for first in rows:
        path = [first]
        while path:
            pacer.pause()
            row = path[-1]
            entered.add(row["event_id"])
            before = [
                row[link] for link in LINKS if row[link] in by_id and row[link] not in entered
            ]
            if before:
                path.append(by_id[before[0]])
            elif by_id.pop(row["event_id"], None):
                yield path.pop()
            else:
                path.pop()
