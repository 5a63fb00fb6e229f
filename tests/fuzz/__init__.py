"""Requests that are drawn."""

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.any_postgres]
