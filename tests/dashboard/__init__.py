"""The released dashboard in a browser."""

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.any_postgres]
