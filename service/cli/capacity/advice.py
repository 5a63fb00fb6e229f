"""What the figures say to do: one machine, replicas, or Citus."""

from service.cli.capacity.arithmetic import Wish, shown

DECIDING = {
    "nodes_by_cpu": "its CPU",
    "nodes_by_replay": "the replay of its WAL on a replica",
    "nodes_by_disk": "its disk",
}
LOST_NOTHING = "when the loss of a machine must lose nothing (synchronous)"


def advice(wish: Wish, found: dict[str, float]) -> list[str]:
    """A sentence each on machines, and on replicas."""
    decides = max(DECIDING, key=lambda key: found[key])
    nodes = int(found[decides])
    if nodes > 1:
        return [
            f"Citus: a coordinator and {nodes:,} workers, which {DECIDING[decides]} decides; the "
            f"service on {machines(found)} in front.",
            f"Replicas: one of each worker, {LOST_NOTHING}.",
        ]
    left = wish.cores - found["postgres_cores"]
    together = found["service_cores"] <= left
    where = "beside it" if together else f"on {machines(found)} in front of it"
    if together:
        left -= found["service_cores"]
    for_reads = f"{shown(wish.share * left)} cores ({wish.share:.0%} of what is left)"
    return [
        f"One PostgreSQL takes it, the service {where}; no Citus.",
        f"Replicas: when reads take more than {for_reads}, and {LOST_NOTHING}.",
    ]


def machines(found: dict[str, float]) -> str:
    """How many machines the service takes."""
    count = int(found["service_machines"])
    return f"{count:,} machine{'s' * (count != 1)}"
