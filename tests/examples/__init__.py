"""Each file of examples/ runs, and what it shows is there."""

import pytest

pytestmark = [pytest.mark.any_postgres]
