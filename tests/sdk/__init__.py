"""Programs that use the GATI SDK."""

import pytest

pytestmark = [pytest.mark.any_postgres]
