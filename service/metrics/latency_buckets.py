"""Latency buckets with constant edges, so that counts of percentiles can be summed.

The edges are those of sql/schema/latency_buckets.sql and never change; a test compares the two.
"""

from bisect import bisect_right

LAST_EDGE_US = 10**15  # no latency is longer: ingest takes up to 1e12 ms
ERROR_BOUND = (
    0.1  # relative, of a bucket's middle to whatever is in it: 0.2 / 2.2, and its rounding
)


def edges() -> list[int]:
    """Lower edges of the buckets from 1 on: the next integer, or 20 % more if that is larger."""
    found = [1]
    while found[-1] < LAST_EDGE_US:
        found.append(max(found[-1] + 1, found[-1] * 6 // 5))
    return found


EDGES_US = edges()


def latency_bucket(latency_us: int) -> int:
    """The bucket of a latency in microseconds; bucket 0 holds latencies of 0."""
    return bisect_right(EDGES_US, latency_us)
