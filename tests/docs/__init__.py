"""README and docs/ tell the truth: commands run, snippets run, links lead somewhere."""

import pytest

pytestmark = [pytest.mark.any_postgres]
