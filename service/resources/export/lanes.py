"""Lanes of a chart: in each, two bars are one within the other or beside each other."""

from heapq import heappop, heappush

Bar = tuple[int, str]  # where it ends, and its id


class Lanes:
    """Finds a lane for each of the bars, which come by their start, the longer one first."""

    def __init__(self) -> None:
        self._open: list[list[Bar]] = []  # by lane: the bars that lie within one another
        self._free_at: list[tuple[int, int]] = []  # when the outermost bar of a lane ends
        self._free: list[int] = []
        self._lane_of: dict[str, int] = {}

    @property
    def count(self) -> int:
        """How many lanes there are."""
        return len(self._open)

    def place(self, bar_id: str, parent_id: str | None, start: int, end: int) -> int:
        """The lane of a bar: its parent's, where it lies directly within that; else a free one."""
        lane = None if parent_id is None else self._lane_of.get(parent_id)
        if lane is None or not self._fits(lane, parent_id, start, end):
            lane = self._free_lane(start)
            heappush(self._free_at, (end, lane))
        self._open[lane].append((end, bar_id))
        self._lane_of[bar_id] = lane
        return lane

    def _fits(self, lane: int, parent_id: str | None, start: int, end: int) -> bool:
        bars = self._open[lane]
        while bars and bars[-1][0] <= start:
            bars.pop()
        return bool(bars) and bars[-1][1] == parent_id and end <= bars[-1][0]

    def _free_lane(self, start: int) -> int:
        """The first lane that is free; a new one where all are taken."""
        while self._free_at and self._free_at[0][0] <= start:
            heappush(self._free, heappop(self._free_at)[1])
        if self._free:
            lane = heappop(self._free)
            self._open[lane].clear()
            return lane
        self._open.append([])
        return len(self._open) - 1
