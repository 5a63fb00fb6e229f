"""Overloaded: a request that is refused now, and may be sent again."""


class Overloaded(Exception):
    """There is no capacity for this request at the moment; HTTP clients get 503."""


class StorageFull(Overloaded):
    """The disk of the database is nearly full, so no events are stored."""
