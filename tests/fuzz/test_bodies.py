"""Any body is refused by 4xx, or stored and read back equal: always the same few hundred of them.

`make fuzz` makes new ones for as long as it is told (target.py).
"""

import random

from tests.events import event, new_id
from tests.fuzz.mutations import mutate
from tests.fuzz.oracle import (
    MAX_EVENT_BYTES,
    MAX_EVENTS,
    check_parsing,
    check_storing,
    read_batch,
    small_service,
)
from tests.fuzz.seeds import seeds
from tests.ingest.json.test_batch import body_of

PARSED, STORED = 5_000, 500


def bodies(count: int) -> list[bytes]:
    """The seeds, and bodies made of them and of what was made before and still has good events."""
    rng = random.Random(5)
    made, good = seeds(), seeds()
    while len(made) < count:
        made.append(mutate(rng.choice(good), rng))
        batch = read_batch(made[-1])
        if batch and batch.rows:
            good.append(made[-1])
    return made


def test_a_body_is_read_as_the_standard_library_reads_it_into_rows_that_copy_takes() -> None:
    outcomes = [check_parsing(body) for body in bodies(PARSED)]
    rows = sum(bool(batch and batch.rows) for batch in outcomes)
    assert 0.3 < rows / PARSED < 0.9, "both kinds are to be among them"


def test_data_may_be_within_the_limit_only_as_it_is_written_again() -> None:
    number, rest = '{"a":' + "1" * 4_301, ',"b":"{}"}'
    text = "x" * (MAX_EVENT_BYTES - len(number) - len(rest) + len("{}"))
    data = (number + rest.replace("{}", text)).encode()
    assert len(data) == MAX_EVENT_BYTES
    check_parsing(body_of(event(new_id())).replace(b'"data": {}', b'"data":' + data))


def test_what_is_stored_reads_back_equal_and_leaves_nothing(database_url: str) -> None:
    with small_service(database_url) as client:
        for body in bodies(STORED):
            check_storing(client, body, check_parsing(body))
        left = client.ok("/api/metrics/summary")
    assert (left["total_events"], left["total_cost"], left["total_runs"]) == (0, 0, 0)


def test_a_body_of_too_many_events_is_no_batch() -> None:
    assert check_parsing(body_of(*[event(new_id())] * (MAX_EVENTS + 1))) is None
    assert check_parsing(body_of(*[event(new_id())] * MAX_EVENTS)) is not None
