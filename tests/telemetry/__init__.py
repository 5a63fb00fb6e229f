"""Metrics and logs."""

import pytest

pytestmark = [pytest.mark.any_postgres]
