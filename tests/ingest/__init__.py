"""From bytes to rows."""

import pytest

pytestmark = [pytest.mark.any_postgres]
