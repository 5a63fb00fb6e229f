"""Roles, replicas, migrations, retention: on servers of their own where need be."""

import pytest

pytestmark = [pytest.mark.processes]
