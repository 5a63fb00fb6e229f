"""The compose file, the images and the nginx in front, as far as they run without an engine."""

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.any_postgres]
