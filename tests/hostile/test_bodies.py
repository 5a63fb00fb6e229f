"""Rows 50 to 59: what a body costs is bounded by what was sent, and harms nothing beside it."""

import pytest

from tests.hostile.attack import attack
from tests.hostile.bodies import BODIES, MB, Body
from tests.leaks import TRACEBACK
from tests.service import Service

SIZE = 7 * MB  # below the limit of 8
CONSTANT_MB = 32
PATIENCE_SECONDS = 60.0


@pytest.mark.parametrize("body", BODIES, ids=lambda body: f"{body.row}: {body.name}")
def test_a_body_costs_what_it_sent(service: Service, body: Body) -> None:
    printed = len(service.output)
    outcome = attack(service, body, min(body.size, max(SIZE, body.least)), PATIENCE_SECONDS)
    outcome.check_cost(CONSTANT_MB)
    assert not outcome.problems, outcome
    assert not TRACEBACK.search(service.output[printed:])
