"""Requests that mean harm: what each costs the worker that answers it."""

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.any_postgres]
