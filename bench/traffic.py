"""The requests that ingest is measured with: seeded events, or the SDK's own traffic."""

from collections.abc import Iterator

from bench import captured, data


def bodies(seed: int, count: int, size: int, real: bool) -> Iterator[bytes]:
    """Give `count` batches of `size` events; `real` are the SDK's own."""
    source = captured.events if real else data.events
    return data.batches(source(seed), count, size)
