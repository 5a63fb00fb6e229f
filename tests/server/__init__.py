"""The service's processes: start, reload, end."""

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.any_postgres]
