"""The page in a browser, and its modules without one."""

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.any_postgres]
