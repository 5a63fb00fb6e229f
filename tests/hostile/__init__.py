"""Requests that mean harm: what each costs the worker that answers it.

Half of them are red until limits hold each cost before it arises, so no target runs them but
`make test TESTS=tests/hostile MARKS=hostile`; `python -m tests.hostile` prints the figures.
"""

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.any_postgres, pytest.mark.hostile]
