"""The body of POST /events/check -> the keys of its events, and named errors.

It has the shape of a batch, so a client can check the very body that it sent.
"""

from dataclasses import dataclass, field

from service.core.cooperative import Pacer
from service.core.validation import to_uuid
from service.ingest.elements import Element
from service.ingest.json.batch import read_events, utf8_of
from service.ingest.json.event import SentEvent, read_sent
from service.ingest.json.event_errors import EventErrors
from service.ingest.json.fields import BadEvent, missing, read_repeated_uuid, read_uuid
from service.ingest.repairs import Repairs


@dataclass
class Keys(EventErrors):
    """Run, event and index in the request of each good key, as three parallel lists."""

    run_ids: list[str] = field(default_factory=list)
    event_ids: list[str] = field(default_factory=list)
    indexes: list[int] = field(default_factory=list)

    def add(self, index: int, sent: SentEvent | Element) -> None:
        """Add the key of an event, or note what is wrong with it."""
        event = None
        try:
            event = sent if isinstance(sent, SentEvent) else read_sent(sent, Repairs())
            run_id = read_repeated_uuid(event.run_id, "run_id") or missing("run_id")
            event_id = read_uuid(event.event_id, "event_id") or missing("event_id")
        except BadEvent as error:
            self.note(index, to_uuid(event.event_id) if event else error.event_id, error)
        else:
            self.run_ids.append(run_id)
            self.event_ids.append(event_id)
            self.indexes.append(index)


def parse_keys(body: bytes, max_events: int, max_event_bytes: int) -> Keys:
    """Read the body of POST /events/check.

    Raises BadBatch when it is no batch, BatchTooLarge when it has more than `max_events`.
    """
    keys, pacer = Keys(), Pacer()
    body, _ = utf8_of(body)
    for index, sent in enumerate(read_events(body, max_events, max_event_bytes)):
        pacer.pause()
        keys.add(index, sent)
    return keys
