"""Every metric that a reader sees equals a recount in the reader's own snapshot, at every instant.

FIRE_SECONDS makes it burn longer.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from service.db.queries import Connection
from service.metrics.leader import fold_once
from service.metrics.verify import verify
from tests import cluster
from tests.client import Client
from tests.events import differences
from tests.metrics.fire import Fire
from tests.metrics.nested_calls import counted_too_much
from tests.prices.truth import wrong_costs

SECONDS = float(os.environ.get("FIRE_SECONDS", "20"))
WRITERS, READERS = 4, 2
VIEWS_COMPARED = 1000
HAPPENED = (
    *("kills", "answers", "refreshes by hand", "DELETE 200", "PATCH 200"),
    *("reprices", "reprices killed", "spans sent"),
)


@pytest.fixture
def clients(database_url: str, caplog: pytest.LogCaptureFixture) -> Iterator[list[Client]]:
    """A service for each writer, two for scores, one for deletes and renames, one for reads."""
    caplog.set_level(logging.INFO, logger="service.writer")
    with ExitStack() as stack:
        yield [stack.enter_context(Client.of(database_url)) for _ in range(WRITERS + 4)]
    assert "40P01" not in caplog.text
    assert "failed" not in caplog.text


@pytest.mark.timeout(SECONDS + 280)
def test_metrics_are_exact_under_fire(
    clients: list[Client], conn: Connection, database_url: str
) -> None:
    fire = Fire(database_url)
    *writers, scorer, other_scorer, changer, asker = clients
    fire.burn(
        [
            *[partial(fire.write, client, seed) for seed, client in enumerate(writers)],
            partial(fire.score, scorer, 8),
            partial(fire.score, other_scorer, 9),
            *[partial(fire.read, seed) for seed in range(READERS)],
            *[partial(fire.trace, client, part) for part, client in enumerate(writers[:2])],
            partial(fire.change, changer),
            partial(fire.ask, asker),
            fire.refresh_by_hand,
            fire.fold_and_kill,
            fire.reprice_and_kill,
        ],
        SECONDS,
        # Where others use the machine as well, a folder may be killed before its first fold.
        lambda: fire.counts["views"] >= VIEWS_COMPARED and folds(conn) > 0,
    )
    counts = dict(fire.counts) | {"folds": folds(conn)}
    print(counts)  # shown with -s, or when it fails
    # Nodes share no snapshot: there, only what nobody writes any more can be compared.
    assert cluster.URL or fire.differences == []
    assert fire.counts["values"] > 100 * VIEWS_COMPARED
    assert counts["folds"] > 0
    for what in HAPPENED:
        assert fire.counts[what] > 0, what
    assert wrong_costs(conn) == []
    assert counted_too_much(conn) == []
    assert verify(database_url) == []
    fold_once(database_url)
    assert verify(database_url) == []
    assert differences(conn) == []


def folds(conn: Connection) -> int:
    """How many folds there were."""
    row = conn.execute("SELECT n FROM fold_state").fetchone()
    assert row is not None
    return int(row["n"])
