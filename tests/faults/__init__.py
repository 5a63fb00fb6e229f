"""What breaks under load, and that nothing acknowledged is lost."""

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.any_postgres]
