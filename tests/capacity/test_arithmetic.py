"""The sums, against figures that were worked out by hand; more never needs less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.cli.capacity.advice import advice
from service.cli.capacity.arithmetic import Wish, figures, plan
from service.cli.capacity.costs import Costs

COSTS = Costs(
    batch=1_000,
    json_bytes=1_250,
    service_us=30,
    postgres_us=20,
    wal_bytes=1_500,
    disk_bytes=1_600,
    sources=(),
)
WISH = Wish(events_per_second=200_000, retention_days=30, cores=16, share=0.5, disk_tb=8)
BY_HAND = {
    "machine_events_per_second": 160_000,  # 8 cores ÷ 50 µs
    "postgres_events_per_second": 400_000,  # 8 cores ÷ 20 µs
    "events_per_tb": 625_000_000,
    "service_cores": 12,  # 6 busy
    "postgres_cores": 8,
    "ingest_mbit_per_second": 2_000,  # 250 MB/s
    "wal_mb_per_second": 300,
    "disk_tb": 1_022.976,  # 320 MB/s, 27.648 TB a day, 37 days
    "days_per_tb": 1 / 27.648,
    "replica_mbit_per_second": 2_400,
    "replay_cores": 1,
    "service_machines": 1,
    "nodes_by_cpu": 1,
    "nodes_by_replay": 2,  # one process each, planned to be half busy
    "nodes_by_disk": 160,  # of 6.4 TB
}


def found(wish: Wish, costs: Costs = COSTS) -> dict[str, float]:
    """Every figure of a plan."""
    return figures(plan(wish, costs))


@pytest.mark.parametrize(("key", "value"), BY_HAND.items())
def test_a_plan_that_was_made_by_hand(key: str, value: float) -> None:
    assert found(WISH)[key] == pytest.approx(value)


def test_no_figure_is_left_out_by_hand() -> None:
    costs = {"json_bytes", "service_us", "postgres_us", "wal_bytes", "disk_bytes"}
    assert found(WISH).keys() == BY_HAND.keys() | costs


rates, retentions = st.integers(1, 10**7), st.integers(1, 10_000)
machines = st.tuples(st.integers(1, 256), st.floats(0.01, 1), st.floats(0.1, 1_000))
FOR_ONE_MACHINE = {"machine_events_per_second", "postgres_events_per_second", "events_per_tb"}


@given(rates, rates, retentions, retentions, machines)
def test_more_events_or_days_never_need_less(
    one: int, other: int, days: int, other_days: int, machine: tuple[int, float, float]
) -> None:
    fewer = found(Wish(min(one, other), min(days, other_days), *machine))
    more = found(Wish(max(one, other), max(days, other_days), *machine))
    for key in BY_HAND.keys() - {"days_per_tb"}:
        assert (fewer[key] == more[key]) if key in FOR_ONE_MACHINE else (fewer[key] <= more[key])
    assert fewer["days_per_tb"] >= more["days_per_tb"]


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_larger_events_never_cost_less(one: int, other: int) -> None:
    smaller, larger = (found(WISH, COSTS.of_size(size)) for size in sorted((one, other)))
    assert all(
        smaller[key] <= larger[key] for key in BY_HAND.keys() - {*FOR_ONE_MACHINE, "days_per_tb"}
    )


def test_events_of_twice_the_size_cost_twice_and_smaller_ones_no_less() -> None:
    double, half = COSTS.of_size(2_500), COSTS.of_size(625)
    assert (double.service_us, double.postgres_us) == (60, 40)
    assert (double.wal_bytes, double.disk_bytes, double.json_bytes) == (3_000, 3_200, 2_500)
    assert (half.service_us, half.disk_bytes, half.json_bytes) == (30, 1_600, 625)


@pytest.mark.parametrize(
    ("rate", "days", "disk_tb", "said"),
    [
        (1_000, 1, 8, "One PostgreSQL takes it, the service beside it; no Citus."),
        (200_000, 1, 9e9, "Citus: a coordinator and 2 workers, which the replay of its WAL"),
        (200_000, 30, 8, "Citus: a coordinator and 160 workers, which its disk decides"),
        (5_000_000, 1, 9e9, "Citus: a coordinator and 50 workers, which the replay"),
    ],
)
def test_what_it_comes_to(rate: int, days: int, disk_tb: float, said: str) -> None:
    wish = Wish(rate, days, cores=16, share=0.5, disk_tb=disk_tb)
    assert advice(wish, found(wish))[0].startswith(said)


def test_the_service_leaves_a_machine_on_which_it_has_no_room() -> None:
    costs = Costs(10, 100, service_us=150, postgres_us=20, wal_bytes=50, disk_bytes=100, sources=())
    wish = Wish(100_000, 1, cores=16, share=0.5, disk_tb=100)  # 30 and 4 cores
    alone, replicas = advice(wish, found(wish, costs))
    assert alone == "One PostgreSQL takes it, the service on 2 machines in front of it; no Citus."
    assert "take more than 6 cores" in replicas
    wish = Wish(40_000, 1, cores=16, share=0.5, disk_tb=100)  # 12 and 1.6
    beside, replicas = advice(wish, found(wish, costs))
    assert beside == "One PostgreSQL takes it, the service beside it; no Citus."
    assert "take more than 1.2 cores" in replicas
