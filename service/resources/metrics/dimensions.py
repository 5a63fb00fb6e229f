"""The dimensions of metrics (agent, model, event type, tool), for grouping and filtering."""

import falcon

from service.api.parameters import optional_text

# -> column
DIMENSIONS = {"agent": "agent_name", "model": "model", "event_type": "event_type", "tool": "tool"}
DEFAULT_GROUPS, MAX_GROUPS = 20, 1000

Filters = dict[str, str]


def read_filters(req: falcon.Request) -> Filters:
    """The filters by agent, model, event type and tool."""
    found = {name: optional_text(req, name) for name in DIMENSIONS}
    return {name: value for name, value in found.items() if value is not None}


def choices_of(group_by: str, filters: Filters) -> dict[str, str | None]:
    """The optional filter parameters of a query."""
    return {
        "group_by": DIMENSIONS.get(group_by),
        **{name: filters.get(name) for name in DIMENSIONS},
    }


def single_dimension(group_by: str, filters: Filters) -> str | None:
    """The only dimension in use, `all` for none, None for several."""
    dimensions = {*filters, *([group_by] if group_by else [])}
    if len(dimensions) > 1:
        return None
    return next(iter(dimensions), "all")
