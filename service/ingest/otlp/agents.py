"""The agent of a span: named by the span itself, else by its nearest ancestor, else its service.

Only ancestors in the same request count. The run belongs to the agent of its root event
(service/writer/run_owner.py), whenever that arrives.
"""

from collections.abc import Iterable

from service.ingest.otlp.attributes import AGENT_NAME, first, name
from service.ingest.otlp.span import Span

Key = tuple[str, str]


class Agents:
    """The agents of the spans of one request."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._parents: dict[Key, Key] = {}
        self._names: dict[Key, str | None] = {}
        for span in spans:
            key = (span.trace_id, span.span_id)
            own_name = first(span.attributes, AGENT_NAME, name)
            if own_name is not None or span.is_root:
                self._names[key] = own_name
            else:
                self._parents[key] = (span.trace_id, span.parent_span_id)

    def name_of(self, span: Span) -> str:
        """The name of a span's agent."""
        return self._find((span.trace_id, span.span_id)) or span.origin.service

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
