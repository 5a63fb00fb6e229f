"""The agent of a span: named by the span itself, else by its nearest ancestor, else its service.

Only spans in the same request count. The run belongs to the agent of its root event
(service/writer/run_owner.py), whenever that arrives.
"""

from service.ingest.otlp.attributes import Facts, agent_name, first
from service.ingest.otlp.conventions import names_of
from service.ingest.otlp.origin import NO_SERVICE
from service.ingest.otlp.span import Span
from service.ingest.rows import EventRow

Key = tuple[str, str]

# How a span says that it is an agent, and the attribute with its name where it has no other.
INNER_AGENTS = (
    ("openinference.span.kind", "AGENT", names_of("inner agent")[:1]),
    ("traceloop.span.kind", "agent", names_of("inner agent")[1:]),
)
UNNAMED = names_of("agent of an unnamed service")
HTTP = frozenset({"http.request.method", "http.method"})


class Agents:
    """The agents of the spans of one request."""

    def __init__(self) -> None:
        self._parents: dict[Key, Key] = {}
        self._names: dict[Key, str | None] = {}
        self._http_roots: list[Key] = []
        self._nameless: list[tuple[Key, str, list[EventRow]]] = []

    def add(self, span: Span, said: Facts, rows: list[EventRow]) -> None:
        """Note the name or the parent of a span, and its rows, which `set_names` completes."""
        key = (span.trace_id, span.span_id)
        own_name = said.first("agent", agent_name) or inner_name(span)
        if own_name is not None:
            self._names[key] = own_name
        elif not span.is_local_root:
            self._parents[key] = (span.trace_id, span.parent_span_id)
        elif HTTP.isdisjoint(span.attributes):
            self._names[key] = name_of_unnamed(span)
        else:
            self._names[key] = None
            self._http_roots.append(key)
        self._nameless.append((key, span.origin.service.name, rows))

    def set_names(self) -> None:
        """Write the agent's name into each row."""
        if self._http_roots:
            self._name_http_roots()
        for key, service, rows in self._nameless:
            found = self._find(key) or service
            for row in rows:
                row.agent_name = found

    def _name_http_roots(self) -> None:
        """Name the root of an HTTP request by the agent of its trace, where there is just one."""
        named: dict[str, set[str]] = {}
        for (trace_id, _), own_name in self._names.items():
            if own_name is not None:
                named.setdefault(trace_id, set()).add(own_name)
        for key in self._http_roots:
            inside = named.get(key[0], set())
            if len(inside) == 1:
                [self._names[key]] = inside

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


def inner_name(span: Span) -> str | None:
    """The name of an agent inside, where no attribute is for that alone."""
    for attribute, kind, names in INNER_AGENTS:
        if span.attributes.get(attribute) == kind:
            return first(span.attributes, names, agent_name)
    return None


def name_of_unnamed(root: Span) -> str | None:
    """The agent of a root whose service has no name; None where it has one."""
    if not root.origin.service.name.startswith(NO_SERVICE):
        return None
    return first(root.attributes, UNNAMED, agent_name) or agent_name(root.name)
