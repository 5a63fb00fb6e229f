"""The embedded PostgreSQL."""

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.any_postgres]
