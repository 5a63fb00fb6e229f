"""The agent of a span: named by the span itself, else by its nearest ancestor, else its service.

Only ancestors in the same request count. The run belongs to the agent of its root event
(service/writer/run_owner.py), whenever that arrives.
"""

from service.ingest.otlp.attributes import AGENT_NAME, first, name
from service.ingest.otlp.span import Span
from service.ingest.rows import EventRow

Key = tuple[str, str]


class Agents:
    """The agents of the spans of one request."""

    def __init__(self) -> None:
        self._parents: dict[Key, Key] = {}
        self._names: dict[Key, str | None] = {}
        self._nameless: list[tuple[Key, str, list[EventRow]]] = []

    def add(self, span: Span, rows: list[EventRow]) -> None:
        """Note the name or the parent of a span, and its rows, which `set_names` completes."""
        key = (span.trace_id, span.span_id)
        own_name = first(span.attributes, AGENT_NAME, name)
        if own_name is not None or span.is_local_root:
            self._names[key] = own_name
        else:
            self._parents[key] = (span.trace_id, span.parent_span_id)
        self._nameless.append((key, span.origin.service.name, rows))

    def set_names(self) -> None:
        """Write the agent's name into each row."""
        for key, service, rows in self._nameless:
            found = self._find(key) or service
            for row in rows:
                row.agent_name = found

    def _find(self, key: Key) -> str | None:
        """Walk up to a name and cache it for each span on the way: each is visited once."""
        path = []
        while key not in self._names:
            self._names[key] = None  # ends the walk if the parents form a cycle
            path.append(key)
            key = self._parents.get(key, key)
        found = self._names[key]
        for visited in path:
            self._names[visited] = found
        return found
