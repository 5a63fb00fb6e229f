"""The commands, as processes."""

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.any_postgres]
