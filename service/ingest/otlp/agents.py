"""Whose span it is: it says so itself, or the nearest ancestor that does, or its service's name.

Only what came in one request is looked at. The run itself belongs to the agent of its root event
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
            said = first(span.attributes, AGENT_NAME, name)
            if said is not None or span.is_root:
                self._names[key] = said
            else:
                self._parents[key] = (span.trace_id, span.parent_span_id)

    def name_of(self, span: Span) -> str:
        """The agent's name for a span."""
        return self._find((span.trace_id, span.span_id)) or span.origin.service

    def _find(self, key: Key) -> str | None:
        """Walk up to a name, and remember it all along the way: each span is passed once."""
        path = []
        while key not in self._names:
            self._names[key] = None  # should the parents go in a circle, it ends here
            path.append(key)
            key = self._parents.get(key, key)
        found = self._names[key]
        for passed in path:
            self._names[passed] = found
        return found
