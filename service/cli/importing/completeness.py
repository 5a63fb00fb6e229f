"""Whether a file has all that its exports had: one cut at the end of a line is good NDJSON, too."""

import msgspec
from msgspec import Raw, Struct

from service.cli.importing.source import Line
from service.ingest.scores.ndjson_line import is_score
from service.resources.export.formats import EVENT_FIELDS, SCORE_FIELDS

EVENT_KEYS = list(EVENT_FIELDS)
SCORE_KEYS = list(SCORE_FIELDS)
EARLIER_SCORE_KEYS = [name for name in SCORE_FIELDS if name != "updated_at"]  # before it was added
START = b'{"export":'
CUT = "the export has no end, so it was cut short{after}. What came is imported."
FEWER = (
    "{position}: the export had events {events}, scores {scores}, but only events {seen_events}, "
    "scores {seen_scores} came: export it again. What came is imported."
)
BEFORE = (
    "{position}: the export had events {events}, scores {scores}; {others} more lines before it "
    "are of one that was cut short: export that again. What came is imported."
)


class Said(Struct):
    """What the last line of an export says that it had, and what it went on after."""

    events: int = 0
    scores: int = 0
    after: str | None = None


class End(Struct):
    """The last line of an export."""

    export: Said


class Place(Struct):
    """Where an export goes on after one of its events."""

    run_id: str
    event_id: str


class Completeness:
    """Counts lines up to the end of their export; `fault` is the first that is not whole.

    More lines than an export had are no fault if they are of no export, or if it goes on one that
    was cut short.
    """

    def __init__(self) -> None:
        self.fault: str | None = None
        self._events = 0
        self._scores = 0
        self._exported = 0
        self._last = b""

    def add_event(self, line: bytes) -> None:
        """Count the line of an event, or of none that can be read."""
        self._events += 1
        self._add(line)

    def add_score(self, line: bytes) -> None:
        """Count the line of a score."""
        self._scores += 1
        self._add(line)

    def _add(self, line: bytes) -> None:
        self._exported += is_of_export(line)
        self._last = line

    def end_export(self, line: Line) -> str | None:
        """Compare the counts with those of an export's last line; return what it went on after."""
        said = said_by(line.json or b"")
        others = self._exported - said.events - said.scores
        if said.events > self._events or said.scores > self._scores:
            self.fault = self.fault or FEWER.format(
                position=line.position,
                events=said.events,
                scores=said.scores,
                seen_events=self._events,
                seen_scores=self._scores,
            )
        elif others > 0 and said.after is None:
            self.fault = self.fault or BEFORE.format(
                position=line.position, events=said.events, scores=said.scores, others=others
            )
        self._events = self._scores = self._exported = 0
        self._last = b""
        return said.after

    def end_file(self) -> None:
        """Tell whether the last line is of an export, which then had more to say."""
        if is_of_export(self._last):
            self.fault = self.fault or CUT.format(after=after(self._last))


def is_end_of_export(line: bytes) -> bool:
    """Return whether a line is the end marker of a complete export."""
    return line.startswith(START) and keys_of(line) == ["export"]


def is_of_export(line: bytes) -> bool:
    """Return whether a line has the keys of an export's, in their order."""
    if is_score(line):
        found = keys_of(msgspec.json.decode(line, type=dict[str, Raw])["score"])
        return found in (SCORE_KEYS, EARLIER_SCORE_KEYS)
    return keys_of(line) == EVENT_KEYS


def keys_of(line: bytes | Raw) -> list[str]:
    """The keys of an object in their order; none of what is no object."""
    try:
        return list(msgspec.json.decode(line, type=dict[str, Raw]))
    except (msgspec.MsgspecError, RecursionError):
        return []


def said_by(line: bytes) -> Said:
    """The counts of an end; none where it is not as this service writes it."""
    try:
        return msgspec.json.decode(line, type=End).export
    except msgspec.MsgspecError:
        return Said()


def after(line: bytes) -> str:
    """How an export goes on after the line of an event."""
    try:
        place = msgspec.json.decode(line, type=Place)
    except msgspec.MsgspecError:
        return ""
    return f": export the rest with after={place.run_id}/{place.event_id}"
