"""The figures of a trace as they are defined, worked out naively: in seconds, marked one by one."""

from dataclasses import dataclass, field
from typing import Any

from tests.events import Event, event


@dataclass
class Node:
    """An event as it is sent, in whole seconds, and what the model finds."""

    event_id: str
    at: int
    event_type: str = "step"
    latency: int | None = None
    is_span: bool = False
    parent_id: str | None = None
    previous_id: str | None = None
    cost_cents: int | None = None
    tokens: int | None = None
    parent: "Node | None" = None
    children: list["Node"] = field(default_factory=list)
    depth: int = 0
    is_critical: bool = False
    began: int = 0
    ended: int = 0
    first: int = 0
    last: int = 0

    def sent(self, run_id: str) -> Event:
        """The event that a client sends."""
        data: dict[str, Any] = {"otel": {"span_id": "00f067aa0ba902b7"}} if self.is_span else {}
        if self.latency is not None:
            data["latency_ms"] = 1000 * self.latency
        if self.cost_cents is not None:
            data["cost"] = self.cost_cents / 100
        if self.tokens is not None:
            data |= {"tokens_in": self.tokens, "tokens_out": 2 * self.tokens}
        ids = {"parent_event_id": self.parent_id, "previous_event_id": self.previous_id}
        return event(run_id, self.event_type, self.at, event_id=self.event_id, data=data, **ids)

    def subtree(self) -> list["Node"]:
        """Itself and all below."""
        return [self, *(node for child in self.children for node in child.subtree())]

    def figures(self) -> dict[str, Any]:
        """What the answer says of it."""
        below = self.subtree()
        tokens = sum(node.tokens or 0 for node in below)
        return {
            "depth": self.depth,
            "duration_ms": 1000 * (self.ended - self.began),
            "self_time_ms": 1000 * self.self_time(),
            "on_critical_path": self.is_critical,
            "subtree_cost": sum(node.cost_cents or 0 for node in below) / 100,
            "subtree_tokens_in": tokens,
            "subtree_tokens_out": 2 * tokens,
            "children_count": len(self.children),
            "descendant_count": len(below) - 1,
        }

    def self_time(self) -> int:
        """The seconds of its own in which no child runs."""
        own = set(range(self.began, self.ended))
        for child in self.children:
            own -= set(range(child.began, child.ended))
        return len(own)


def work_out(nodes: list[Node]) -> None:
    """Fill in what is found."""
    roots = link(nodes)
    for node in sorted(nodes, key=lambda node: -node.depth):
        node.began, node.ended = own_interval(node, nodes) or (node.at, node.at)
        node.first = min([node.began, *(child.first for child in node.children)])
        node.last = max([node.ended, *(child.last for child in node.children)])
        if own_interval(node, nodes) is None:
            node.began, node.ended = node.first, node.last
    mark_critical(roots)


def link(nodes: list[Node]) -> list[Node]:
    """Find the parents, cut cycles; the roots."""
    by_id = {node.event_id: node for node in nodes if node.event_type != "agent_end"}
    named = {node.event_id: by_id.get(node.parent_id or "") for node in by_id.values()}
    for node in by_id.values():
        above, seen = named[node.event_id], 0
        while above is not None and above is not node and seen < len(nodes):
            above, seen = named[above.event_id], seen + 1
        if above is not node:
            node.parent = named[node.event_id]
    for node in nodes:
        if node.parent:
            node.parent.children.append(node)
    roots = [node for node in nodes if node.parent is None]
    for root in roots:
        set_depth(root, 0)
    return roots


def set_depth(node: Node, depth: int) -> None:
    """From the root down."""
    node.depth = depth
    for child in node.children:
        set_depth(child, depth + 1)


def own_interval(node: Node, nodes: list[Node]) -> tuple[int, int] | None:
    """When it ran, as far as it says so itself."""
    if node.event_type == "agent_end":
        return node.at, node.at
    if node.event_type == "agent_start" and node.latency is None:
        ends = [
            end.at for end in nodes if end.event_type == "agent_end" and ended(end, nodes) is node
        ]
        return (node.at, max(ends)) if ends and max(ends) >= node.at else None
    if node.latency is None:
        return None
    if node.is_span or node.event_type == "agent_start":
        return node.at, node.at + node.latency
    return node.at - node.latency, node.at


def ended(end: Node, nodes: list[Node]) -> Node | None:
    """The agent_start that an agent_end ends."""
    starts = [node for node in nodes if node.event_type == "agent_start"]
    followed = [node for node in starts if node.event_id == end.previous_id]
    roots = sorted((node for node in starts if node.parent is None), key=lambda node: node.at)
    return next(iter(followed or roots), None)


def mark_critical(siblings: list[Node]) -> None:
    """Backwards in time: the last to finish, then the last that had finished when it began."""
    latest_first = sorted(siblings, key=lambda node: (-node.last, node.first, node.at))
    chosen: Node | None = None
    for node in latest_first:
        if chosen is None or node.last <= chosen.first:
            chosen = node
            node.is_critical = True
            mark_critical(node.children)
