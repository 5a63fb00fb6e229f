"""HTTP over sockets, against a running service."""

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.any_postgres]
