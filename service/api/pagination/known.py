"""Whether a search can end at once, because no event has its model, its event type or its tool."""

from service.db.queries import Connection, queries

DIMENSIONS = ("model", "event_type", "tool")


def none_has(conn: Connection, filters: dict[str, str | None]) -> bool:
    """Whether no event has a name that the filters ask for, as far as metrics know.

    It is asked once a batch of a search found nothing, in the snapshot of that batch.
    """
    for dimension in DIMENSIONS:
        name = filters.get(dimension)
        if name is not None:
            found = queries.metrics.is_known(conn, dimension=dimension, name=name).fetchone()
            if found and not found["is_known"]:
                return True
    return False
